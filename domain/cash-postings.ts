import type { CountVerdict } from './cash.ts'
import { bank, cash, inTransit, overage, type Posting, shortOf } from './ledger.ts'
import { assertNotNegativeMinor, assertPositiveMinor } from './money.ts'

type Held = { readonly plant: string; readonly holder: string }

/** After a count the book says what was counted: short is owed by the holder, more is what was short before, or kept apart. */
export function postCounted({ plant, holder }: Held, verdict: CountVerdict): Posting[] {
  return legs([
    [shortOf(holder), cash(holder), verdict.shortageMinor],
    [cash(holder), shortOf(holder), verdict.madeGoodMinor],
    [cash(holder), overage(plant), verdict.overageMinor],
  ])
}

/** Cash goes from one hand into another, once both have said so. */
export function postHandedOver(handed: { from: string; to: string; amountMinor: number }): Posting[] {
  return legs([[cash(handed.to), cash(handed.from), assertPositiveMinor(handed.amountMinor)]])
}

/** Cash that was drawn from the bank is in a hand. */
export function postFloat({ plant, holder }: Held, amountMinor: number): Posting[] {
  return legs([[cash(holder), bank(plant), assertPositiveMinor(amountMinor)]])
}

/** What a hand was short is paid back: into another hand, or into the bank. */
export function postRepaid(
  { plant, holder }: Held,
  { into, amountMinor }: { into: string | null; amountMinor: number },
): Posting[] {
  return legs([[into === null ? bank(plant) : cash(into), shortOf(holder), assertPositiveMinor(amountMinor)]])
}

/** An agent says that cash is in the bank: out of the hand at once, on its way until the bank says so too. */
export function postDeposited({ plant, holder }: Held, amountMinor: number): Posting[] {
  return legs([[inTransit(plant), cash(holder), assertPositiveMinor(amountMinor)]])
}

/** The bank credited it; what it credited beyond the slip is kept apart. */
export function postBanked(plant: string, credited: { amountMinor: number; surplusMinor: number }): Posting[] {
  return legs([
    [bank(plant), inTransit(plant), credited.amountMinor],
    [bank(plant), overage(plant), credited.surplusMinor],
  ])
}

/** What the bank never saw is in the holder's hand again. */
export function postDepositReturned({ plant, holder }: Held, amountMinor: number): Posting[] {
  return legs([[cash(holder), inTransit(plant), assertPositiveMinor(amountMinor)]])
}

/** What the bank never saw and the holder has not either is owed by the holder. */
export function postDepositShort({ plant, holder }: Held, amountMinor: number): Posting[] {
  return legs([[shortOf(holder), inTransit(plant), assertPositiveMinor(amountMinor)]])
}

function legs(entries: readonly (readonly [debit: string, credit: string, amountMinor: number])[]): Posting[] {
  return entries
    .filter(([, , amountMinor]) => assertNotNegativeMinor(amountMinor) > 0)
    .map(([debit, credit, amountMinor], index) => ({ leg: index + 1, debit, credit, amountMinor }))
}
