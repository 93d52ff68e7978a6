import type { OpenReason, ReasonCode, SetDesiredCommand, StateMessage } from './messages.ts'

/**
 * What we want of a meter, absolute and versioned. `activeFrom`/`activeTo` are plant-local `HH:MM` (`00:00`–`24:00` is the whole
 * day; from later than to runs over midnight). `relay` is `open` while any hold stands. After `validUntil` the meter opens by itself.
 */
export interface DesiredState {
  readonly version: number
  readonly loadLimitW: number
  readonly activeFrom: string
  readonly activeTo: string
  readonly utcOffsetMin: number
  readonly relay: 'auto' | 'open'
  readonly validUntil: string | null
}

/** What a meter says of itself in `state`. `refused` is the newest version it refused for good. */
export interface ReportedState {
  readonly bootId: number
  readonly appliedVersion: number
  readonly relay: 'closed' | 'open' | 'armed'
  readonly relayMode: 'auto' | 'open'
  readonly openReason: OpenReason | null
  readonly loadLimitW: number
  readonly activeFrom: string
  readonly activeTo: string
  readonly utcOffsetMin: number
  readonly validUntil: string | null
  readonly refused: { readonly version: number; readonly code: ReasonCode; readonly detail: string | null } | null
  readonly reportedAt: string
}

export interface CommandEnvelope {
  readonly commandId: string
  readonly issuedAt: string
  readonly expiresAt: string
}

/** The command that carries a desired state; `issuedAt` and `expiresAt` are wall time. */
export function setDesiredCommand(desired: DesiredState, envelope: CommandEnvelope): SetDesiredCommand {
  return {
    v: 1,
    command_id: envelope.commandId,
    name: 'set_desired',
    desired_version: desired.version,
    args: {
      load_limit_w: desired.loadLimitW,
      active_from: desired.activeFrom,
      active_to: desired.activeTo,
      utc_offset_min: desired.utcOffsetMin,
      relay: desired.relay,
      ...(desired.validUntil === null ? {} : { valid_until: desired.validUntil }),
    },
    issued_at: envelope.issuedAt,
    expires_at: envelope.expiresAt,
  }
}

/** A `state` message in our own words. */
export function reportedState(message: StateMessage): ReportedState {
  const { refused } = message
  return {
    bootId: message.boot_id,
    appliedVersion: message.applied_version,
    relay: message.relay,
    relayMode: message.relay_mode,
    openReason: message.open_reason ?? null,
    loadLimitW: message.load_limit_w,
    activeFrom: message.active_from,
    activeTo: message.active_to,
    utcOffsetMin: message.utc_offset_min,
    validUntil: message.valid_until ?? null,
    refused: refused ? { version: refused.version, code: refused.code, detail: refused.detail ?? null } : null,
    reportedAt: message.ts,
  }
}

/** Whether the meter has in force exactly the values of this desired state (the version is compared by the caller). */
export function hasValuesOf(reported: ReportedState, desired: DesiredState): boolean {
  return (
    reported.relayMode === desired.relay &&
    reported.loadLimitW === desired.loadLimitW &&
    reported.activeFrom === desired.activeFrom &&
    reported.activeTo === desired.activeTo &&
    reported.utcOffsetMin === desired.utcOffsetMin &&
    sameInstant(reported.validUntil, desired.validUntil)
  )
}

function sameInstant(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return one === other
  return Date.parse(one) === Date.parse(other)
}
