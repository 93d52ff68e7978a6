import type { BillingWindows } from './billing-calendar.ts'
import { addToInstant, earliest, latest, startOfDay } from './calendar.ts'
import type { IsoDate, IsoInstant, Zone } from './calendar.ts'
import type { Installation } from './metered-period.ts'
import type { MeterKind } from './package.ts'
import type { PlantPolicy } from './policy.ts'
import { maxEstimatesReached, type ReadingRule } from './reading.ts'

/**
 * The meter whose register ends the days before a date: installed by then, and not taken down before. Undefined where nothing is metered,
 * and for a limiter, which counts nothing.
 */
export function meterFor<M extends Installation>(installations: readonly M[], date: IsoDate, zone: Zone): M | undefined {
  const to = startOfDay(date, zone)
  const meter = installations.findLast(
    ({ installedAt, removedAt }) => installedAt < to && (removedAt === null || removedAt >= to),
  )
  return meter?.kind === 'load_limiter' ? undefined : meter
}

/** A visit to read the meter, by what has come of it: `taken` is a report that was judged and refused. */
export type ReadingVisit = {
  readonly state: 'open' | 'reported' | 'done' | 'taken' | 'in-vain'
  readonly openedAt: IsoInstant
  /** Doubts about what was reported, while a second person has it before him. */
  readonly doubts: readonly ReadingRule[]
  readonly isTold: boolean
  /** The cluster in-charge was told that nothing more may be estimated. */
  readonly isCalled: boolean
}

/** A register in review. */
export type ReviewedReading = {
  readonly readingId: number
  readonly task: 'none' | 'open' | 'done'
  readonly askedAt: IsoInstant | null
}

/** How a bill reaches the customer. */
export type Delivery = {
  readonly channel: 'sms' | 'app' | 'print' | 'staff'
  readonly state: 'queued' | 'sent' | 'delivered' | 'failed'
  readonly task: 'none' | 'open' | 'done'
}

/** Where the billing of one post-paid customer stands, read afresh. */
export type BillingState = {
  readonly asOf: IsoInstant
  readonly windows: BillingWindows
  readonly zone: Zone
  /** False for who left in the period, is closed, or had nothing supplied in it. */
  readonly isBillable: boolean
  readonly hasOpenWork: boolean
  readonly bill: Delivery | null
  readonly isEarlierOpen: boolean
  /** Null where nothing need be read. */
  readonly meter: MeterKind | null
  readonly isRead: boolean
  readonly hasTelemetry: boolean
  /** A smart meter whose register cannot be right is read by a person. */
  readonly isSmartRefused: boolean
  readonly review: ReviewedReading | null
  readonly hasEntry: boolean
  readonly visit: ReadingVisit | null
  readonly estimatesRunning: number
  readonly policy: Pick<PlantPolicy, 'metering'>
}

export type BillingWaitFor = 'clock' | 'meter' | 'technician' | 'operator' | 'csa' | 'cluster-in-charge'
export type BillingStep =
  | { readonly kind: 'done'; readonly outcome: 'Billed' | 'NotBilled' | 'Undelivered' }
  | { readonly kind: 'wait'; readonly stage: string; readonly waitingFor: BillingWaitFor; readonly until?: IsoInstant }
  | { readonly kind: ReadingStep | 'issue' | 'deliver-by-hand' | 'withdraw-work' }
type ReadingStep =
  | 'take-telemetry'
  | 'take-entry'
  | 'ask-review'
  | 'settle-review'
  | 'open-visit'
  | 'tell-doubt'
  | 'take-visit'
  | 'estimate'
  | 'call-for-visit'

/** The next step in billing one post-paid customer (manual 2.2.4): reading → checks → bill → delivery; collection follows the bill by itself. */
export function nextBillingStep(state: BillingState): BillingStep {
  const { asOf, windows } = state
  if (state.bill !== null) return state.hasOpenWork ? { kind: 'withdraw-work' } : deliveryStep(state.bill)
  if (!state.isBillable) return state.hasOpenWork ? { kind: 'withdraw-work' } : { kind: 'done', outcome: 'NotBilled' }
  if (state.meter !== null && !state.isRead) return readingStep(state)
  if (asOf < windows.billFrom) return { kind: 'wait', stage: 'AwaitingPeriodEnd', waitingFor: 'clock', until: windows.billFrom }
  if (state.isEarlierOpen) return { kind: 'wait', stage: 'AwaitingEarlierPeriod', waitingFor: 'cluster-in-charge' }
  return { kind: 'issue' }
}

/** Electronic first; without a phone, or where the message was refused, somebody carries it. */
export function deliveryStep({ channel, state, task }: Delivery): BillingStep {
  if (channel === 'print') {
    if (task === 'none') return { kind: 'deliver-by-hand' }
    return task === 'open' ? { kind: 'wait', stage: 'Delivering', waitingFor: 'csa' } : { kind: 'done', outcome: 'Billed' }
  }
  if (state === 'failed') return { kind: 'done', outcome: 'Undelivered' }
  return state === 'queued' ? { kind: 'wait', stage: 'Delivering', waitingFor: 'clock' } : { kind: 'done', outcome: 'Billed' }
}

function readingStep(state: BillingState): BillingStep {
  const { asOf, review, zone, policy } = state
  if (state.hasEntry) return { kind: 'take-entry' }
  if (review !== null) {
    if (review.task === 'none') return { kind: 'ask-review' }
    if (review.task === 'done') return { kind: 'settle-review' }
    const until = latest(state.windows.readUntil, addToInstant(review.askedAt ?? asOf, policy.metering.readWithin, zone))
    if (asOf < until) return { kind: 'wait', stage: 'ReadingReview', waitingFor: 'operator', until }
    return withoutReading(state)
  }
  return state.meter === 'smart' && !state.isSmartRefused ? smartStep(state) : visitStep(state)
}

function smartStep(state: BillingState): BillingStep {
  const { asOf, windows } = state
  if (asOf < windows.billFrom) return { kind: 'wait', stage: 'AwaitingPeriodEnd', waitingFor: 'clock', until: windows.billFrom }
  if (state.hasTelemetry) return { kind: 'take-telemetry' }
  if (asOf < windows.smartUntil) return { kind: 'wait', stage: 'AwaitingMeter', waitingFor: 'meter', until: windows.smartUntil }
  return withoutReading(state)
}

function visitStep(state: BillingState): BillingStep {
  const { asOf, windows, visit, zone, policy } = state
  if (asOf < windows.readFrom) return { kind: 'wait', stage: 'AwaitingReadingDays', waitingFor: 'clock', until: windows.readFrom }
  if (visit === null) return { kind: 'open-visit' }
  if (visit.state === 'done') return { kind: 'take-visit' }
  // Who was sent late (a firing was missed) has the same days for it as always.
  const until = latest(windows.readUntil, addToInstant(visit.openedAt, policy.metering.readWithin, zone))
  if (asOf >= until) return withoutReading(state)
  if (visit.state === 'taken') return { kind: 'open-visit' }
  if (visit.state === 'reported' && visit.doubts.length > 0 && !visit.isTold) return { kind: 'tell-doubt' }
  return {
    kind: 'wait',
    stage: visit.state === 'reported' ? 'ReadingReview' : 'Reading',
    waitingFor: visit.state === 'reported' ? 'operator' : 'technician',
    until,
  }
}

/** The deadline has passed: estimated, at most twice running; then somebody must go there, however long it takes (policy "estimate"). */
function withoutReading(state: BillingState): BillingStep {
  const { visit, estimatesRunning, policy } = state
  if (!maxEstimatesReached({ running: estimatesRunning, policy })) return { kind: 'estimate' }
  if (visit?.state === 'done') return { kind: 'take-visit' }
  if (visit === null || visit.state === 'taken' || visit.state === 'in-vain' || !visit.isCalled) return { kind: 'call-for-visit' }
  return { kind: 'wait', stage: 'EstimatesExhausted', waitingFor: 'cluster-in-charge' }
}

/** When a reading is wanted at the latest: what the task says. */
export function readingDueAt({
  windows,
  asOf,
  zone,
  policy,
}: Pick<BillingState, 'windows' | 'asOf' | 'zone' | 'policy'>): IsoInstant {
  const own = addToInstant(asOf, policy.metering.readWithin, zone)
  return asOf < windows.billFrom ? earliest(windows.readUntil, latest(windows.billFrom, own)) : latest(windows.readUntil, own)
}
