import { deliveryStep, type Delivery } from './billing-cycle.ts'
import type { BillingWindows } from './billing-calendar.ts'
import { addDays, addDuration, dateAt, earliest, latest, startOfDay } from './calendar.ts'
import type { IsoDate, IsoInstant, Zone } from './calendar.ts'
import { darkDaysOf } from './metered-period.ts'
import type { PlantPolicy } from './policy.ts'
import { lightAdvance } from './prepaid.ts'

export type LapsedHold = { readonly owner: string; readonly placedAt: IsoInstant; readonly liftedAt: IsoInstant | null }

/** A pre-paid demand with what has come of it. */
export type Advance = {
  readonly chargeId: number
  readonly amountMinor: number
  readonly openMinor: number
  readonly isVoided: boolean
  readonly issuedAt: IsoInstant
  /** First day it is for, and how many days that are. */
  readonly from: IsoDate
  readonly days: number
  /** Allocated to it; credited by a note; turned back into credit; posted as income. */
  readonly paidMinor: number
  readonly notedMinor: number
  readonly returnedMinor: number
  readonly earnedMinor: number
}

/** Where one customer's advance for one month stands, read afresh. */
export type AdvanceState = {
  readonly asOf: IsoInstant
  readonly windows: BillingWindows
  readonly zone: Zone
  readonly currency: string
  readonly workflowId: string
  /** False where nobody may be asked: held back, leaving, or not on a pre-paid package. */
  readonly mayBeAsked: boolean
  readonly hasLeft: boolean
  readonly advance: Advance | null
  readonly delivery: Delivery | null
  /** Holds `prepaid-lapsed` of the connection, also those that were lifted. */
  readonly holds: readonly LapsedHold[]
  /** A later advance is settled and has begun, or the package is post-paid now: the supply is paid for again. */
  readonly isResumed: boolean
  /** What somebody still has to switch off by hand because of this advance. */
  readonly handWork: 'none' | 'open' | 'report' | 'tell' | 'waiting'
  /** When people must be told that the supply still is on. */
  readonly lookAgainAt?: IsoInstant | null
  readonly policy: Pick<PlantPolicy, 'prepaid'>
}

export type AdvanceStep =
  | { readonly kind: 'done'; readonly outcome: 'Paid' | 'Unpaid' | 'Resumed' | 'NotBilled' | 'Voided' | 'CustomerLeft' }
  | {
      readonly kind: 'wait'
      readonly stage: string
      readonly waitingFor: 'clock' | 'customer' | 'technician'
      readonly until?: IsoInstant
    }
  | {
      readonly kind:
        | 'issue'
        | 'deliver-by-hand'
        | 'lapse'
        | 'settle'
        | 'close-out'
        | 'earn'
        | 'relight'
        | 'switch-by-hand'
        | 'record-switch'
        | 'tell-still-lit'
    }

/** What an advance costs as things stand: its price less the days it was dark, and what of that is still to be credited. */
export function advanceReckoning(
  state: AdvanceState,
  advance: Advance,
): { dueMinor: number; darkDays: number; noteMinor: number; returnMinor: number } {
  const { asOf, zone, windows } = state
  const { dueMinor, darkDays, creditedMinor } = priceOn(state, advance, earliest(dateAt(asOf, zone), windows.prepaid.to))
  const leftMinor = Math.max(creditedMinor - advance.notedMinor - advance.returnedMinor, 0)
  const noteMinor = Math.min(leftMinor, advance.openMinor)
  return {
    dueMinor,
    darkDays,
    noteMinor,
    returnMinor: Math.min(leftMinor - noteMinor, advance.paidMinor - advance.returnedMinor),
  }
}

/** Its price on a date, if it stays as light or dark as it is now until then. */
function priceOn({ zone, currency, holds }: AdvanceState, { from, amountMinor, days }: Advance, until: IsoDate) {
  const darkDays = darkDaysOf({ from, until, zone, holds })
  return { darkDays, ...lightAdvance({ priceMinor: amountMinor, days, darkDays, currency }) }
}

/** The midnight from which what was paid in part is all that a dark month costs: it is lit then, nobody pays again. */
function paidByDarkDaysAt(state: AdvanceState, advance: Advance): IsoInstant {
  const { asOf, zone, windows } = state
  const keptMinor = advance.paidMinor - advance.returnedMinor
  let day = addDays(dateAt(asOf, zone), 1)
  while (day < windows.prepaid.to && priceOn(state, advance, day).dueMinor > keptMinor) day = addDays(day, 1)
  return startOfDay(day, zone)
}

/**
 * The next step of an advance (policy "pre-paid", "pre-paid lapse"): demanded before its month, earned when that begins and it is
 * settled; after grace the supply is held back, dark days cost nothing, and paying lights it at once; after the month only what
 * was used stays owed, and the dark lasts until a new advance is asked for and paid.
 */
export function nextAdvanceStep(state: AdvanceState): AdvanceStep {
  const { advance, asOf, windows } = state
  if (advance === null) return beforeIssue(state)
  const isMine = ownHold(state) !== undefined
  if (state.hasLeft) return { kind: 'done', outcome: 'CustomerLeft' }
  if (advance.isVoided) return isMine ? { kind: 'relight' } : { kind: 'done', outcome: 'Voided' }
  if (state.delivery !== null && deliveryStep(state.delivery).kind === 'deliver-by-hand') return { kind: 'deliver-by-hand' }
  const { dueMinor, noteMinor, returnMinor } = advanceReckoning(state, advance)
  const isOver = asOf >= windows.advanceUntil
  if (!isOver && advance.openMinor > 0 && advance.paidMinor - advance.returnedMinor < dueMinor) return unpaidStep(state, advance)
  if (isOver && noteMinor + returnMinor > 0) return { kind: 'close-out' }
  if (!isOver && (noteMinor + returnMinor > 0 || isMine)) return { kind: 'settle' }
  if (hasBegun(state, advance) && advance.paidMinor - advance.returnedMinor > advance.earnedMinor) return { kind: 'earn' }
  return isOver ? afterMonth(state, advance) : paidStep(state, advance)
}

/** The hold that this cycle placed and has not lifted. */
export function ownHold({ holds, workflowId }: Pick<AdvanceState, 'holds' | 'workflowId'>): LapsedHold | undefined {
  return holds.find(({ owner, liftedAt }) => owner === workflowId && liftedAt === null)
}

/** When an unpaid advance lapses: grace after its first day, or after it was issued where that was later. */
export function lapsesAt(
  { zone, policy }: Pick<AdvanceState, 'zone' | 'policy'>,
  advance: Pick<Advance, 'from' | 'issuedAt'>,
): IsoInstant {
  return startOfDay(addDuration(latest(advance.from, dateAt(advance.issuedAt, zone)), policy.prepaid.grace), zone)
}

function beforeIssue({ mayBeAsked, hasLeft, asOf, windows }: AdvanceState): AdvanceStep {
  if (!mayBeAsked || hasLeft || asOf >= windows.advanceUntil) return { kind: 'done', outcome: 'NotBilled' }
  if (asOf < windows.advanceFrom) return { kind: 'wait', stage: 'AwaitingIssue', waitingFor: 'clock', until: windows.advanceFrom }
  return { kind: 'issue' }
}

function unpaidStep(state: AdvanceState, advance: Advance): AdvanceStep {
  const { asOf, windows, holds } = state
  const lapses = lapsesAt(state, advance)
  if (holds.some(({ liftedAt }) => liftedAt === null))
    return handStep(state) ?? lapsed(state, earliest(paidByDarkDaysAt(state, advance), windows.advanceUntil))
  if (asOf >= lapses) return { kind: 'lapse' }
  return { kind: 'wait', stage: 'AwaitingPayment', waitingFor: 'customer', until: earliest(lapses, windows.advanceUntil) }
}

function paidStep(state: AdvanceState, advance: Advance): AdvanceStep {
  if (hasBegun(state, advance)) return { kind: 'done', outcome: 'Paid' }
  return { kind: 'wait', stage: 'PaidInAdvance', waitingFor: 'clock', until: startOfDay(advance.from, state.zone) }
}

function afterMonth(state: AdvanceState, advance: Advance): AdvanceStep {
  const hold = ownHold(state)
  if (hold === undefined) return { kind: 'done', outcome: outcomeWithoutHold(state, advance) }
  if (state.isResumed) return { kind: 'relight' }
  const inactiveAt = startOfDay(addDuration(dateAt(hold.placedAt, state.zone), state.policy.prepaid.inactiveAfter), state.zone)
  const work = handStep(state)
  if (work !== undefined) return work
  if (state.asOf < inactiveAt) return lapsed(state, inactiveAt)
  const { lookAgainAt } = state
  return { kind: 'wait', stage: 'Inactive', waitingFor: 'customer', ...(lookAgainAt && { until: lookAgainAt }) }
}

function lapsed({ lookAgainAt }: AdvanceState, until: IsoInstant): AdvanceStep {
  return { kind: 'wait', stage: 'Lapsed', waitingFor: 'customer', until: earliest(until, lookAgainAt ?? until) }
}

function outcomeWithoutHold(
  { isResumed, holds, workflowId }: AdvanceState,
  { openMinor, paidMinor }: Advance,
): 'Paid' | 'Unpaid' | 'Resumed' {
  if (isResumed && holds.some(({ owner }) => owner === workflowId)) return 'Resumed'
  return openMinor === 0 && paidMinor > 0 ? 'Paid' : 'Unpaid'
}

function handStep({ handWork }: AdvanceState): AdvanceStep | undefined {
  if (handWork === 'open') return { kind: 'switch-by-hand' }
  if (handWork === 'report') return { kind: 'record-switch' }
  if (handWork === 'tell') return { kind: 'tell-still-lit' }
  return undefined
}

function hasBegun({ asOf, zone }: AdvanceState, { from }: Advance): boolean {
  return asOf >= startOfDay(from, zone)
}
