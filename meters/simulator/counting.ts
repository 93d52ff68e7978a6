import type { DemandWh } from './profile.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const SLOT_MS = 30 * MINUTE_MS
const SLOTS_PER_HOUR = 2
const MW_PER_W = 1_000
/** One Wh in milliwatt-milliseconds: whole numbers, so that counting in one go or in many steps gives the same register. */
const REST_PER_WH = 3_600_000 * MW_PER_W

/** A cumulative register: whole Wh, and the part of the next one already counted (mW·ms). */
export interface Register {
  readonly wh: number
  readonly rest: number
}

/** What decides whether the contact is closed. Times of day in minutes; `toMin` is at most 1440. */
export interface Supply {
  readonly loadLimitW: number
  readonly fromMin: number
  readonly toMin: number
  readonly utcOffsetMin: number
  readonly relayMode: 'auto' | 'open'
  readonly validUntilMs: number | null
}

export interface Span {
  readonly fromMs: number
  readonly toMs: number
  /** The plant's zone at that time, for the demand of the house (which knows nothing of the meter's settings). */
  readonly plantOffsetMin: number
}

/** Counts a span: demand up to the load limit, while closed and inside hours. */
export function countEnergy({
  register,
  supply,
  demandWh,
  span,
}: {
  register: Register
  supply: Supply
  demandWh: DemandWh
  span: Span
}): Register {
  const endMs = supply.validUntilMs === null ? span.toMs : Math.min(span.toMs, supply.validUntilMs)
  if (supply.relayMode === 'open') return register
  const offsetMs = span.plantOffsetMin * MINUTE_MS
  const limitMw = supply.loadLimitW * MW_PER_W
  let { wh, rest } = register
  let fromMs = span.fromMs
  while (fromMs < endMs) {
    const slotStart = Math.floor((fromMs + offsetMs) / SLOT_MS) * SLOT_MS
    const toMs = Math.min(slotStart + SLOT_MS - offsetMs, endMs)
    const activeMs = activeMsIn({ supply, fromMs, toMs })
    if (activeMs > 0) {
      const demandMw = Math.round(demandWh(slotStart) * SLOTS_PER_HOUR * MW_PER_W)
      rest += Math.min(demandMw, limitMw) * activeMs
      wh += Math.floor(rest / REST_PER_WH)
      rest %= REST_PER_WH
    }
    fromMs = toMs
  }
  return { wh, rest }
}

/** The contact at one moment, and why it is not closed. `armed` closes by itself when the hours begin. */
export function contactAt(
  supply: Supply,
  atMs: number,
): { relay: 'closed' | 'open' | 'armed'; reason: 'hold' | 'expired' | 'hours' | null } {
  if (supply.relayMode === 'open') return { relay: 'open', reason: 'hold' }
  if (supply.validUntilMs !== null && atMs >= supply.validUntilMs) return { relay: 'open', reason: 'expired' }
  if (activeMsIn({ supply, fromMs: atMs, toMs: atMs + 1 }) === 0) return { relay: 'armed', reason: 'hours' }
  return { relay: 'closed', reason: null }
}

/** Milliseconds of a span (at most half an hour) inside the daily hours; hours may run over midnight. */
function activeMsIn({ supply, fromMs, toMs }: { supply: Supply; fromMs: number; toMs: number }): number {
  const localMs = fromMs + supply.utcOffsetMin * MINUTE_MS
  const from = localMs - Math.floor(localMs / DAY_MS) * DAY_MS
  const to = from + (toMs - fromMs)
  const opensMs = supply.fromMin * MINUTE_MS
  const closesMs = supply.toMin * MINUTE_MS
  const lengthMs = closesMs > opensMs ? closesMs - opensMs : closesMs + DAY_MS - opensMs
  // Yesterday's hours may reach into today, and the span may reach into tomorrow's.
  return [-DAY_MS, 0, DAY_MS].reduce((sum, dayMs) => {
    const start = opensMs + dayMs
    return sum + Math.max(0, Math.min(to, start + lengthMs) - Math.max(from, start))
  }, 0)
}
