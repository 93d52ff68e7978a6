/** A rule that `npm run meter-conformance` examines; `says` is one sentence of the published contract. */
export interface Rule {
  readonly name: string
  readonly says: string
}

/** How many command ids a meter remembers with their answers, over a loss of power too. */
export const REMEMBERED_COMMANDS = 32

/** The rules a meter can be tested on from outside, in the order in which they are examined. */
export const RULES = {
  statusRetained: {
    name: 'status retained',
    says: 'On connecting, after it has subscribed to cmd, the meter publishes a retained status: online true and its boot_id.',
  },
  stateRetained: {
    name: 'state retained',
    says: 'state is retained and whole: the version in force with all its values, the contact, and the clock of the meter.',
  },
  readNow: {
    name: 'read_now',
    says: 'read_now is acknowledged SUCCEEDED and yields one on_demand reading with cumulative whole Wh.',
  },
  desiredApplied: {
    name: 'set_desired applied',
    says: 'set_desired is applied as a whole, and state reports its version and the same values.',
  },
  desiredAcknowledged: {
    name: 'set_desired acknowledged',
    says: 'The final ack of a command that was applied is SUCCEEDED, with applied_version equal to its desired_version.',
  },
  stateCurrent: {
    name: 'retained state current',
    says: 'What the broker retains of state is the newest one: a late subscriber reads the version in force.',
  },
  limitReported: { name: 'limit changed', says: 'A new load_limit_w is in force at once and is reported in state.' },
  holdOpens: { name: 'hold opens', says: 'With relay open the contact opens: state says open with open_reason hold.' },
  repeatAnswered: {
    name: 'repeat answered alike',
    says: `A repeated command_id gets the ack it got before, word for word, for the last ${REMEMBERED_COMMANDS} commands.`,
  },
  repeatHarmless: {
    name: 'repeat harmless',
    says: 'A repeated command changes nothing, also after a newer one; a repeated read_now takes no second reading.',
  },
  hoursOpen: {
    name: 'hours open',
    says: 'Outside active_from to active_to (at utc_offset_min) the contact is armed or open with open_reason hours.',
  },
  validityOpens: {
    name: 'validity opens',
    says: 'From valid_until on, by its own clock, the meter opens by itself: open with open_reason expired.',
  },
  autoCloses: { name: 'auto closes', says: 'With relay auto, inside the hours and the validity, the contact closes.' },
  staleRefused: {
    name: 'stale version refused',
    says: 'A desired_version below the one in force is REJECTED with STALE_VERSION and changes nothing.',
  },
  expiredRefused: {
    name: 'expired command refused',
    says: 'A command after its expires_at is REJECTED with EXPIRED and changes nothing, also when the broker still delivers it.',
  },
  unknownFields: { name: 'unknown fields ignored', says: 'A field the reader does not know is no reason to refuse a command.' },
  unknownCommand: {
    name: 'unknown command',
    says: 'A command with a name the meter does not know is ignored or REJECTED with UNSUPPORTED, and changes nothing.',
  },
  malformedCommand: {
    name: 'malformed command',
    says: 'What cannot be read, or does not fit the schema, is not obeyed, not even in part, and the meter goes on working.',
  },
  lastWill: {
    name: 'last will',
    says: 'When the connection is lost the broker publishes the last will, status with online false, retained.',
  },
  ownBranch: {
    name: 'own branch',
    says: 'The meter speaks on status, state, telemetry, event and ack of mg/v1/{plant}/{serial}/ and nowhere else.',
  },
  messagesFit: {
    name: 'messages fit',
    says: 'Every message fits its schema; numbers are numbers, energy is a whole number of Wh.',
  },
  readingKeys: {
    name: 'reading keys',
    says: 'The key (boot_id, seq) means one reading for ever: sent again it is the same, and a later reading has a higher seq.',
  },
  energyNeverFalls: { name: 'energy never falls', says: 'energy_import_wh is a cumulative register: it never falls.' },
} as const satisfies Record<string, Rule>

export type RuleId = keyof typeof RULES
