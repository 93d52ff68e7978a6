import type { AckMessage, EventMessage, StateMessage, StatusMessage, TelemetryMessage } from '../messages.ts'
import { contactAt } from './counting.ts'
import { supplyOf } from './meter-memory.ts'
import type { MeterMemory } from './meter-memory.ts'

export interface Moment {
  readonly businessMs: number
  readonly wallMs: number
  /** How far the meter's own clock is off. */
  readonly clockErrorMs: number
}

export type MeterOutput =
  | { readonly leaf: 'status'; readonly message: StatusMessage }
  | { readonly leaf: 'telemetry'; readonly message: TelemetryMessage }
  | { readonly leaf: 'event'; readonly message: EventMessage }
  | { readonly leaf: 'state'; readonly message: StateMessage }
  | { readonly leaf: 'ack'; readonly message: AckMessage }

const FIRMWARE = 'diya-sim-1'
const BATCH_READINGS = 100

/** What a meter says when it comes online: who it is, what it has in force, and the readings it could not send. */
export function greeting(memory: MeterMemory, now: Moment): MeterOutput[] {
  const message: StatusMessage = { v: 1, online: true, boot_id: memory.bootId, fw: FIRMWARE, ts: ownTime(now) }
  return [{ leaf: 'status', message }, stateOf(memory, now), ...batches(memory)]
}

/** All that is unsent, boot by boot; readings already on their way are sent again, which the receiver's key makes harmless. */
export function batches(memory: MeterMemory): MeterOutput[] {
  if (!memory.online) return []
  const boots = [...new Set(memory.unsent.map(({ bootId }) => bootId))]
  return boots.flatMap((bootId) => {
    const readings = memory.unsent.filter((stored) => stored.bootId === bootId).map(({ reading }) => reading)
    const starts = Array.from({ length: Math.ceil(readings.length / BATCH_READINGS) }, (_, index) => index * BATCH_READINGS)
    return starts.map((start): MeterOutput => {
      return { leaf: 'telemetry', message: { v: 1, boot_id: bootId, readings: readings.slice(start, start + BATCH_READINGS) } }
    })
  })
}

/** The read-back. */
export function stateOf(memory: MeterMemory, now: Moment): MeterOutput {
  const { relay, reason } = contactAt(supplyOf(memory.settings), now.businessMs)
  const { settings } = memory
  const message: StateMessage = {
    v: 1,
    boot_id: memory.bootId,
    applied_version: memory.appliedVersion,
    relay,
    relay_mode: settings.relay,
    ...(reason === null ? {} : { open_reason: reason }),
    load_limit_w: settings.load_limit_w,
    active_from: settings.active_from,
    active_to: settings.active_to,
    utc_offset_min: settings.utc_offset_min,
    ...(settings.valid_until === undefined ? {} : { valid_until: settings.valid_until }),
    ...(memory.refused === null ? {} : { refused: memory.refused }),
    energy_import_wh: memory.register.wh,
    ts: ownTime(now),
  }
  return { leaf: 'state', message }
}

/** The meter's own clock, right or wrong. */
export function ownTime(now: Moment): string {
  return instant(now.businessMs + now.clockErrorMs)
}

export function instant(ms: number): string {
  return new Date(ms).toISOString()
}
