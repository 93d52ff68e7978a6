import { addDays, startOfDay, type IsoDate, type IsoInstant, type Zone } from './calendar.ts'
import { ruleOfCharge, type ChargeKind, type ChargeNature, type ChargeRule } from './charge.ts'
import type { AccountClass } from './ledger.ts'
import { assertMinor, sumMinor } from './money.ts'

/** Where a ledger account stands in the reports: the word before its colon. A new kind of account makes a group of its own. */
export function bookGroup(code: string): string {
  return code.slice(0, code.indexOf(':'))
}

/** A balance on the side its class grows on: debit for assets and expenses, credit for the others. */
export function naturalMinor(
  accountClass: AccountClass,
  sums: { readonly debitMinor: number; readonly creditMinor: number },
): number {
  const { debitMinor, creditMinor } = sums
  return assertMinor(accountClass === 'asset' || accountClass === 'expense' ? debitMinor - creditMinor : creditMinor - debitMinor)
}

/** The instant at which a business day is over at the plant; what happens at it belongs to the next. */
export function endOfBusinessDay(date: IsoDate, zone: Zone): IsoInstant {
  return startOfDay(addDays(date, 1), zone)
}

/** What one kind of event moved in one group on a day. */
export type BookMovement = {
  readonly group: string
  readonly class: AccountClass
  /** The first word of the event key: `payment`, `charge`, `allocation` … */
  readonly eventKind: string
  readonly debitMinor: number
  readonly creditMinor: number
  /** Dated on a day that was closed already. */
  readonly isLate: boolean
}

/** A line of a day's closing, in minor units on the side the class grows on: opening + late + movements = closing. */
export type ClosingGroup = {
  readonly group: string
  readonly class: AccountClass
  readonly openingMinor: number
  readonly lateMinor: number
  readonly movements: Readonly<Record<string, number>>
  readonly closingMinor: number
}

/**
 * The closing of a day by groups, from the one before and what was posted since: what stood then never changes, so the chain of days
 * has no hole, and what came late for a day that is closed shows in the first day after it (docs/decisions/0028).
 */
export function closeDay(previous: readonly ClosingGroup[], moved: readonly BookMovement[]): ClosingGroup[] {
  const groups = new Map<string, AccountClass>()
  for (const one of [...previous, ...moved]) groups.set(one.group, one.class)
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, accountClass]) => {
      const own = moved.filter((one) => one.group === group)
      const openingMinor = previous.find((one) => one.group === group)?.closingMinor ?? 0
      const lateMinor = sumMinor(own.filter(({ isLate }) => isLate).map((one) => naturalMinor(accountClass, one)))
      const movements = byEventKind(own.filter(({ isLate }) => !isLate))
      const closingMinor = sumMinor([openingMinor, lateMinor, ...Object.values(movements)])
      return { group, class: accountClass, openingMinor, lateMinor, movements, closingMinor }
    })
}

function byEventKind(moved: readonly BookMovement[]): Record<string, number> {
  const sums = new Map<string, number>()
  for (const one of moved) sums.set(one.eventKind, assertMinor((sums.get(one.eventKind) ?? 0) + naturalMinor(one.class, one)))
  return Object.fromEntries([...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** What assets and expenses are more than liabilities, income and equity: zero, or the books are not in balance. */
export function imbalanceMinor(groups: readonly { readonly class: AccountClass; readonly closingMinor: number }[]): number {
  return sumMinor(groups.map((one) => (one.class === 'asset' || one.class === 'expense' ? one.closingMinor : -one.closingMinor)))
}

/** Where money that came in went: to a service by its code on receipts, kept as credit, or still without an owner. */
export type CollectedFor = ChargeRule['code'] | 'credit' | 'suspense'

/** Money of one channel that was received, as far as it was put against charges of one kind; without a kind it was not. */
export type CollectedPart = {
  readonly channel: string
  readonly kind: ChargeKind | null
  readonly nature: ChargeNature | null
  readonly isSuspense: boolean
  readonly amountMinor: number
}

/** Collections by service and channel; the parts are what was received (manual, "Habits that cut across"). */
export type Collected = { readonly service: CollectedFor; readonly channel: string; readonly amountMinor: number }

/** Sums what was received by service and channel, leaving out what came to nothing. */
export function collectionsOf(parts: readonly CollectedPart[]): Collected[] {
  const sums = new Map<string, Collected>()
  for (const part of parts) {
    const service = serviceOf(part)
    const key = `${service} ${part.channel}`
    const amountMinor = assertMinor((sums.get(key)?.amountMinor ?? 0) + part.amountMinor)
    sums.set(key, { service, channel: part.channel, amountMinor })
  }
  return [...sums.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => one)
    .filter(({ amountMinor }) => amountMinor !== 0)
}

function serviceOf({ kind, nature, isSuspense }: CollectedPart): CollectedFor {
  if (kind !== null && nature !== null) return ruleOfCharge({ kind, nature }).code
  return isSuspense ? 'suspense' : 'credit'
}
