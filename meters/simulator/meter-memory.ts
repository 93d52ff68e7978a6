import type { AckMessage, Reading, ReasonCode, SetDesiredCommand } from '../messages.ts'
import type { Register, Supply } from './counting.ts'

export type MeterSettings = SetDesiredCommand['args']

/** Everything a meter keeps in its flash: plain JSON. */
export interface MeterMemory {
  readonly bootId: number
  readonly nextSeq: number
  readonly register: Register
  /** Business time up to which the register has counted. */
  readonly countedToMs: number
  readonly appliedVersion: number
  readonly settings: MeterSettings
  readonly refused: { readonly version: number; readonly code: ReasonCode } | null
  /** Answers to the last commands, sent again word for word when one is repeated. */
  readonly answers: readonly AckMessage[]
  /** Readings the broker has not taken yet. */
  readonly unsent: readonly StoredReading[]
  readonly online: boolean
  readonly expiryReported: boolean
}

export interface StoredReading {
  readonly bootId: number
  readonly reading: Reading
}

/** A meter fresh from stock. `startWh` is what its register shows; it counts from `fromMs` (business time). */
export function newMeter({
  startWh,
  fromMs,
  settings,
}: {
  startWh: number
  fromMs: number
  settings: MeterSettings
}): MeterMemory {
  return {
    bootId: 1,
    nextSeq: 1,
    register: { wh: startWh, rest: 0 },
    countedToMs: fromMs,
    appliedVersion: 0,
    settings,
    refused: null,
    answers: [],
    unsent: [],
    online: false,
    expiryReported: false,
  }
}

/** The settings in the form the register counts by. */
export function supplyOf(settings: MeterSettings): Supply {
  return {
    loadLimitW: settings.load_limit_w,
    fromMin: minutesOf(settings.active_from),
    toMin: minutesOf(settings.active_to),
    utcOffsetMin: settings.utc_offset_min,
    relayMode: settings.relay,
    validUntilMs: settings.valid_until === undefined ? null : Date.parse(settings.valid_until),
  }
}

function minutesOf(timeOfDay: string): number {
  return Number(timeOfDay.slice(0, 2)) * 60 + Number(timeOfDay.slice(3))
}
