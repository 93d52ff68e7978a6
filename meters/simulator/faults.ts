import type { IsoInstant } from '../../domain/calendar.ts'
import type { ReasonCode } from '../messages.ts'
import { chance } from './chance.ts'

/** What is wrong with one meter. Times are business time. */
export interface MeterFaults {
  /** Waits this long (wall time) before it sends anything. */
  readonly slowMs?: number
  /** Away, without a connection, but counting; what it read meanwhile comes as one batch. */
  readonly silent?: readonly { readonly from: IsoInstant; readonly to: IsoInstant }[]
  /** Sends everything twice, and its last batch once more with the next. */
  readonly repeats?: boolean
  /** Says SUCCEEDED and changes nothing. */
  readonly lies?: boolean
  /** Refuses every new setting for good, with this reason. */
  readonly refuses?: ReasonCode
  /** Boots at these moments and comes back without its settings: version 0, a new boot_id. */
  readonly forgetsAt?: readonly IsoInstant[]
  /** Sends readings newest first. */
  readonly shuffles?: boolean
  /** Its clock is off by this much. */
  readonly clockErrorMs?: number
}

export const FAULT_NAMES = ['slow', 'silent', 'repeats', 'lies', 'refuses', 'forgets', 'shuffles', 'clockError'] as const
export type FaultName = (typeof FAULT_NAMES)[number]

/** Faults written down per meter, and faults drawn by chance per meter and business day; the same seed draws the same ones. */
export interface FaultPlan {
  readonly meters?: Readonly<Record<string, MeterFaults>>
  readonly seed?: number
  readonly chancePerDay?: Readonly<Partial<Record<FaultName, number>>>
}

/** The faults of one meter at one moment. */
export interface FaultsNow {
  readonly slowMs: number
  readonly isSilent: boolean
  readonly repeats: boolean
  readonly lies: boolean
  readonly refuses: ReasonCode | null
  readonly shuffles: boolean
  readonly clockErrorMs: number
}

const DAY_MS = 86_400_000
const LONGEST_SILENCE_DAYS = 3
const LONGEST_SLOWNESS_MS = 5_000
const LARGEST_CLOCK_ERROR_MS = 3 * DAY_MS

/** What is wrong with a meter at a business instant; what is written down goes before what is drawn. */
export function faultsAt(plan: FaultPlan, serial: string, businessMs: number): FaultsNow {
  const written = plan.meters?.[serial] ?? {}
  const day = Math.floor(businessMs / DAY_MS)
  const isDrawn = (fault: FaultName): boolean => draw(plan, { serial, fault, day })
  const sized = (fault: FaultName, largest: number): number =>
    isDrawn(fault) ? chance(plan.seed, [serial, fault, 'size', day]) * largest : 0
  return {
    slowMs: written.slowMs ?? Math.round(sized('slow', LONGEST_SLOWNESS_MS)),
    isSilent: isWithin(written.silent, businessMs) || isDrawnSilent(plan, serial, day),
    repeats: written.repeats ?? isDrawn('repeats'),
    lies: written.lies ?? isDrawn('lies'),
    refuses: written.refuses ?? (isDrawn('refuses') ? 'UNSUPPORTED' : null),
    shuffles: written.shuffles ?? isDrawn('shuffles'),
    clockErrorMs:
      written.clockErrorMs ??
      Math.round(sized('clockError', 2 * LARGEST_CLOCK_ERROR_MS) - (isDrawn('clockError') ? LARGEST_CLOCK_ERROR_MS : 0)),
  }
}

/** Whether a meter loses its memory in the span (after, upTo], at a written moment or at the start of a drawn day. */
export function forgetsBetween(
  plan: FaultPlan,
  serial: string,
  span: { readonly afterMs: number; readonly upToMs: number },
): boolean {
  const isIn = (atMs: number): boolean => span.afterMs < atMs && atMs <= span.upToMs
  if (plan.meters?.[serial]?.forgetsAt?.some((at) => isIn(Date.parse(at)))) return true
  const day = Math.floor(span.upToMs / DAY_MS)
  return isIn(day * DAY_MS) && draw(plan, { serial, fault: 'forgets', day })
}

function isWithin(spans: MeterFaults['silent'], businessMs: number): boolean {
  return spans?.some(({ from, to }) => Date.parse(from) <= businessMs && businessMs < Date.parse(to)) ?? false
}

/** A drawn silence lasts one to three days, so the days before may still be going on. */
function isDrawnSilent(plan: FaultPlan, serial: string, day: number): boolean {
  if (!plan.chancePerDay?.silent) return false
  for (let back = 0; back < LONGEST_SILENCE_DAYS; back += 1) {
    const lengthDays = 1 + Math.floor(chance(plan.seed, [serial, 'silent', 'days', day - back]) * LONGEST_SILENCE_DAYS)
    if (back < lengthDays && draw(plan, { serial, fault: 'silent', day: day - back })) return true
  }
  return false
}

function draw(plan: FaultPlan, { serial, fault, day }: { serial: string; fault: FaultName; day: number }): boolean {
  const likelihood = plan.chancePerDay?.[fault] ?? 0
  return likelihood > 0 && chance(plan.seed, [serial, fault, day]) < likelihood
}
