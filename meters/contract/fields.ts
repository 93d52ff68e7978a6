/** What a field means. `obis` is the register of IEC 62056-61 it corresponds to, where there is one. */
export interface FieldNote {
  readonly says: string
  readonly unit?: string
  readonly obis?: string
}

/** Every field on the wire; a name with a dot goes before the bare one. A test sees that none is missing and none is left over. */
export const FIELDS: Readonly<Record<string, FieldNote>> = {
  v: { says: 'Version of the payload.' },
  online: { says: 'True from the meter itself; false in its good-bye and in its last will.' },
  boot_id: { says: 'Rises by one at each boot that lost the sequence; with seq it is the key of a reading.' },
  fw: { says: 'Firmware.', obis: '1.0.0.2.0.255' },
  ts: { says: "The meter's own clock.", unit: 'UTC', obis: '0.0.1.0.0.255' },
  readings: { says: 'Readings of one boot, at most 1,000; a batch may be sent again, whole or in part.' },
  seq: { says: 'Rises with every reading and event of a boot; never used twice.' },
  kind: { says: 'Why it was read: by the interval, for the bill, on demand, at a boot.' },
  energy_import_wh: {
    says: 'Cumulative register of what was consumed. Bills use nothing else.',
    unit: 'Wh',
    obis: '1.0.1.8.0.255',
  },
  energy_export_wh: { says: 'Cumulative register of what was fed in.', unit: 'Wh', obis: '1.0.2.8.0.255' },
  power_w: { says: 'Power at this moment.', unit: 'W', obis: '1.0.1.7.0.255' },
  max_demand_w: { says: 'Highest demand.', unit: 'W', obis: '1.0.1.6.0.255' },
  voltage_v: { says: 'Voltage at this moment.', unit: 'V', obis: '1.0.12.7.0.255' },
  current_a: { says: 'Current at this moment.', unit: 'A', obis: '1.0.11.7.0.255' },
  power_factor: { says: 'Power factor at this moment.', unit: '1', obis: '1.0.13.7.0.255' },
  frequency_hz: { says: 'Frequency at this moment.', unit: 'Hz', obis: '1.0.14.7.0.255' },
  quality: { says: 'Doubts of the meter about this reading, such as clock_unset.' },
  relay: {
    says: 'The contact itself: closed, open, or armed (will close by itself when the hours begin).',
    obis: '0.0.96.3.10.255',
  },
  'args.relay': { says: 'auto follows hours, limit and validity; open is a hold.', obis: '0.0.96.3.10.255' },
  relay_mode: { says: 'The relay mode in force: auto or open.', obis: '0.0.96.3.10.255' },
  open_reason: { says: 'Why the contact is not closed. Left out while it is.' },
  load_limit_w: { says: 'Load above which the meter opens.', unit: 'W', obis: '0.0.17.0.0.255' },
  active_from: { says: 'Local time of day from which there is supply.', unit: 'HH:MM', obis: '0.0.13.0.0.255' },
  active_to: {
    says: 'Local time of day until which there is supply; before active_from it runs over midnight.',
    unit: 'HH:MM',
    obis: '0.0.13.0.0.255',
  },
  utc_offset_min: { says: 'Local time of the hours, less UTC.', unit: 'min' },
  valid_until: { says: "By the meter's own clock: from then on it opens by itself. Left out: no end.", unit: 'UTC' },
  applied_version: { says: 'The desired_version in force; 0 before the first and after a loss of memory.' },
  refused: { says: 'The newest version the meter will never apply, and why. Left out once a version is applied.' },
  version: { says: 'The desired_version that was refused.' },
  reason: { says: 'Why it was not carried out.' },
  code: { says: 'One of the reason codes.' },
  detail: { says: 'For a person to read.' },
  command_id: { says: 'Unique to the command; the same one is the same command sent again.' },
  issued_at: { says: 'When the command was made (wall time).', unit: 'UTC' },
  expires_at: { says: 'After this moment (wall time) the command is not carried out.', unit: 'UTC' },
  name: { says: 'Which command or event this is.' },
  desired_version: { says: 'Rises with every change that is wanted; the newest wins.' },
  args: { says: 'All settings, absolute: never a toggle, never a difference.' },
  status: { says: 'IN_PROGRESS may come first; the others are final.' },
}
