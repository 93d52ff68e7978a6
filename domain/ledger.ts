import { chargeRule, ruleOfCharge } from './charge.ts'
import type { ChargeKind, ChargeNature, ChargeRule } from './charge.ts'
import { DomainError } from './errors.ts'
import { assertMinor, assertPositiveMinor } from './money.ts'

/** One row of the ledger: balanced by construction, unique by (event key, leg), amount above zero (design "Money"). */
export type Posting = { readonly leg: number; readonly debit: string; readonly credit: string; readonly amountMinor: number }

export type AccountClass = 'asset' | 'liability' | 'income' | 'expense' | 'equity'

/** Codes of revenue accounts (manual 2.2.4). */
export type RevenueCode = ChargeRule['code']

/** What a customer owes: debts at issue, less what was allocated to them. */
export const receivable = (accountId: string): string => `receivable:${accountId}`
/** Money of a customer that is not yet allocated: over-payment, credit. */
export const credit = (accountId: string): string => `credit:${accountId}`
/** Security deposit held: a liability, never revenue. */
export const depositHeld = (accountId: string): string => `deposit:${accountId}`
/** Pre-paid money before its period. */
export const unearned = (accountId: string): string => `unearned:${accountId}`
/** Activation charge paid, refundable until installed. */
export const activationHeld = (accountId: string): string => `activation-held:${accountId}`
/** Deposit that nobody fetched in 90 days: stays owed, never income. */
export const unclaimed = (accountId: string): string => `unclaimed:${accountId}`
/** Sent to the customer by a transfer of which nobody knows yet whether it arrived: still owed, and not to be used for anything else. */
export const payingOut = (accountId: string): string => `paying-out:${accountId}`
/** Income of a plant by charge code. */
export const revenue = (plant: string, code: RevenueCode): string => `revenue:${plant}:${code}`
/** Paise lost and won by rounding bills to whole rupees. */
export const roundingAccount = (plant: string): string => `rounding:${plant}`
/** Cash in the hands of an agent or a counter. */
export const cash = (holder: string): string => `cash:${holder}`
/** What an agent or a counter owes for cash that was short. */
export const shortOf = (holder: string): string => `agent:${holder}`
/** Cash that nobody can place: found in a count, or credited by the bank beyond a slip. Kept apart, never income. */
export const overage = (plant: string): string => `overage:${plant}`
/** Cash that was banked, until the bank says so too. */
export const inTransit = (plant: string): string => `in-transit:${plant}`
/** Money at a wallet, card or transfer provider. */
export const wallet = (provider: string): string => `wallet:${provider}`
/** The plant's bank account. */
export const bank = (plant: string): string => `bank:${plant}`
/** Money whose payer is not known yet. */
export const suspense = (plant: string): string => `suspense:${plant}`
/** What the books began with at the import. */
export const opening = (plant: string): string => `opening:${plant}`
/** Debts given up (head office decides). */
export const writtenOff = (plant: string): string => `written-off:${plant}`

const CLASSES: Readonly<Record<string, AccountClass>> = {
  receivable: 'asset',
  cash: 'asset',
  agent: 'asset',
  'in-transit': 'asset',
  wallet: 'asset',
  bank: 'asset',
  credit: 'liability',
  deposit: 'liability',
  unearned: 'liability',
  'activation-held': 'liability',
  unclaimed: 'liability',
  'paying-out': 'liability',
  suspense: 'liability',
  overage: 'liability',
  revenue: 'income',
  rounding: 'income',
  opening: 'equity',
  'written-off': 'expense',
}

/** Class of a ledger account, by its prefix; throws INVALID_INPUT for an account of no kind. */
export function accountClass(code: string): AccountClass {
  const prefix = code.slice(0, code.indexOf(':'))
  const found = Object.hasOwn(CLASSES, prefix) ? CLASSES[prefix] : undefined
  if (!found) throw new DomainError('INVALID_INPUT', `Not a ledger account: ${code.slice(0, 40)}`)
  return found
}

/** Whose books and which plant's. */
export type LedgerOwner = { readonly plant: string; readonly accountId: string }

/**
 * A charge is issued. A debt goes to receivables against income, its rounding to an account of its own; a demand posts nothing
 * (design "The unit owed is a charge"). `amountMinor` is the total, rounding included.
 */
export function postChargeIssued(
  owner: LedgerOwner,
  charge: { kind: ChargeKind; nature: ChargeNature; amountMinor: number; roundingMinor?: number },
): Posting[] {
  const rule = ruleOfCharge(charge)
  if (rule.nature === 'demand') return []
  const against = issuedAgainst(owner, rule)
  const roundingMinor = charge.roundingMinor ?? 0
  return legs([
    signed(receivable(owner.accountId), against, charge.amountMinor - roundingMinor),
    signed(receivable(owner.accountId), roundingAccount(owner.plant), roundingMinor),
  ])
}

/** Money came in, from `cash(holder)`, `wallet(provider)` or `bank(plant)`; it is the customer's credit until allocated. */
export function postPaymentReceived(owner: LedgerOwner, payment: { into: string; amountMinor: number }): Posting[] {
  return legs([entry(payment.into, credit(owner.accountId), payment.amountMinor)])
}

/** Credit is put against a charge: off the receivable for a debt, into the liability its kind names for a demand. */
export function postAllocated(
  owner: LedgerOwner,
  charge: { kind: ChargeKind; nature: ChargeNature; amountMinor: number },
): Posting[] {
  return legs([entry(credit(owner.accountId), paidInto(owner.accountId, ruleOfCharge(charge)), charge.amountMinor)])
}

/** What was put against a charge is taken off it again and is the customer's credit once more: the debt, or the demand, is open again. */
export function postTakenBack(
  owner: LedgerOwner,
  charge: { kind: ChargeKind; nature: ChargeNature; amountMinor: number; origin: 'credit' | 'deposit' },
): Posting[] {
  const to = charge.origin === 'deposit' ? depositHeld(owner.accountId) : credit(owner.accountId)
  return legs([entry(paidInto(owner.accountId, ruleOfCharge(charge)), to, charge.amountMinor)])
}

/** A payment bounced: the customer's credit goes back to where the money never stayed (billing.md "Refunds / chargebacks"). */
export function postBounced(owner: LedgerOwner, bounced: { from: string; amountMinor: number }): Posting[] {
  return legs([entry(credit(owner.accountId), bounced.from, bounced.amountMinor)])
}

/**
 * A paid advance is earned when its period begins; its rounding goes to the rounding account (policy "pre-paid"). What was rounded down is
 * added first: an advance alone on its account is never earned beyond what is there.
 */
export function postPrepaidEarned(owner: LedgerOwner, earned: { amountMinor: number; roundingMinor?: number }): Posting[] {
  const roundingMinor = earned.roundingMinor ?? 0
  const code = chargeRule('electricity', 'prepaid').code
  const income = signed(unearned(owner.accountId), revenue(owner.plant, code), earned.amountMinor - roundingMinor)
  const rounding = signed(unearned(owner.accountId), roundingAccount(owner.plant), roundingMinor)
  return legs(roundingMinor < 0 ? [rounding, income] : [income, rounding])
}

/** An advance turns out not to be earned: it waits again, and can be given back (docs/decisions/0023). */
export function postPrepaidUnearned(owner: LedgerOwner, unearnedAgain: { amountMinor: number }): Posting[] {
  const code = chargeRule('electricity', 'prepaid').code
  return legs([entry(revenue(owner.plant, code), unearned(owner.accountId), unearnedAgain.amountMinor)])
}

/** Unused pre-paid days become credit: from unearned before their period began, out of income after (policy "Pre → post"). */
export function postPrepaidUnused(owner: LedgerOwner, unused: { amountMinor: number; alreadyEarned: boolean }): Posting[] {
  const from = unused.alreadyEarned ? revenue(owner.plant, chargeRule('electricity', 'prepaid').code) : unearned(owner.accountId)
  return legs([entry(from, credit(owner.accountId), unused.amountMinor)])
}

/** What earlier estimates billed beyond this charge becomes credit, out of income (billing.md rule 27). */
export function postOverbilled(owner: LedgerOwner, over: { amountMinor: number }): Posting[] {
  return legs([
    entry(revenue(owner.plant, chargeRule('electricity', 'postpaid').code), credit(owner.accountId), over.amountMinor),
  ])
}

/** The activation charge is earned once the connection is installed (policy "activation"). */
export function postActivationEarned(owner: LedgerOwner, earned: { amountMinor: number }): Posting[] {
  return legs([entry(activationHeld(owner.accountId), revenue(owner.plant, 'ACT'), earned.amountMinor)])
}

/** An application ends before installation: deposit and activation paid so far become credit, from where they are refunded. */
export function postHeldReleased(owner: LedgerOwner, held: { depositMinor: number; activationMinor: number }): Posting[] {
  return legs([
    signed(depositHeld(owner.accountId), credit(owner.accountId), held.depositMinor),
    signed(activationHeld(owner.accountId), credit(owner.accountId), held.activationMinor),
  ])
}

/** The deposit pays a debt: at closing, or drawn after a cut. The only ways it is ever reached (policy "deposit drawn"). */
export function postDepositSetOff(owner: LedgerOwner, setOff: { amountMinor: number }): Posting[] {
  return legs([entry(depositHeld(owner.accountId), receivable(owner.accountId), setOff.amountMinor)])
}

/** The deposit (or its rest) goes back to the customer's hand: paid out of `cash`, `wallet` or `bank`. */
export function postDepositRefunded(owner: LedgerOwner, refund: { from: string; amountMinor: number }): Posting[] {
  return legs([entry(depositHeld(owner.accountId), refund.from, refund.amountMinor)])
}

/** A deposit above what is due becomes credit (policy "deposit": excess credited). */
export function postDepositExcess(owner: LedgerOwner, excess: { amountMinor: number }): Posting[] {
  return legs([entry(depositHeld(owner.accountId), credit(owner.accountId), excess.amountMinor)])
}

/** A refund that nobody fetched: still owed, kept apart, never income (policy "ban, close"). */
export function postUnclaimed(owner: LedgerOwner, rest: { amountMinor: number; from: 'deposit' | 'credit' }): Posting[] {
  const from = rest.from === 'deposit' ? depositHeld(owner.accountId) : credit(owner.accountId)
  return legs([entry(from, unclaimed(owner.accountId), rest.amountMinor)])
}

/** Credit goes back to the customer. */
export function postRefunded(owner: LedgerOwner, refund: { from: string; amountMinor: number }): Posting[] {
  return legs([entry(credit(owner.accountId), refund.from, refund.amountMinor)])
}

/**
 * A credit note on a debt: its open part leaves the receivable, what was paid already becomes credit (billing.md rule 13). What it takes
 * off the rounding line goes back to where the rounding went.
 */
export function postCreditNote(
  owner: LedgerOwner,
  note: { kind: ChargeKind; nature: ChargeNature; amountMinor: number; openMinor: number; roundingMinor?: number },
): Posting[] {
  const rule = ruleOfCharge(note)
  if (rule.nature === 'demand')
    throw new DomainError('INVALID_INPUT', 'A demand is voided, not credited: nothing was posted for it')
  if (rule.issuedAgainst === 'credit')
    throw new DomainError('INVALID_INPUT', 'What a bounced payment leaves missing is paid or written off: it never was income')
  const against = issuedAgainst(owner, rule)
  const offDebt = Math.min(assertPositiveMinor(note.amountMinor), note.openMinor)
  const roundingMinor = note.roundingMinor ?? 0
  return legs([
    signed(against, receivable(owner.accountId), offDebt - roundingMinor),
    signed(roundingAccount(owner.plant), receivable(owner.accountId), roundingMinor),
    signed(against, credit(owner.accountId), note.amountMinor - offDebt),
  ])
}

/** A debt is given up (head office decides). */
export function postWrittenOff(owner: LedgerOwner, debt: { amountMinor: number }): Posting[] {
  return legs([entry(writtenOff(owner.plant), receivable(owner.accountId), debt.amountMinor)])
}

/** What the import brings: dues are posted with their charge of kind `opening`, deposits here. */
export function postOpeningDeposit(owner: LedgerOwner, brought: { amountMinor: number }): Posting[] {
  return legs([entry(opening(owner.plant), depositHeld(owner.accountId), brought.amountMinor)])
}

/** Money of an unknown payer. */
export function postSuspenseIn(plant: string, payment: { into: string; amountMinor: number }): Posting[] {
  return legs([entry(payment.into, suspense(plant), payment.amountMinor)])
}

/** The payer was found: the money becomes the customer's credit. */
export function postSuspenseOut(owner: LedgerOwner, found: { amountMinor: number }): Posting[] {
  return legs([entry(suspense(owner.plant), credit(owner.accountId), found.amountMinor)])
}

/** Money of an unknown payer goes back where it came from. */
export function postSuspenseReturned(plant: string, returned: { from: string; amountMinor: number }): Posting[] {
  return legs([entry(suspense(plant), returned.from, returned.amountMinor)])
}

/** The same postings the other way round; rows are never changed, only answered. */
export function reversal(postings: readonly Posting[]): Posting[] {
  return postings.map(({ leg, debit, credit: to, amountMinor }) => ({ leg, debit: to, credit: debit, amountMinor }))
}

/** Balance of every account, positive on the side its class grows on (debit for assets and expenses). */
export function balances(postings: readonly Omit<Posting, 'leg'>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  const add = (code: string, amountMinor: number): void => {
    sums[code] = assertMinor((sums[code] ?? 0) + (growsByDebit(code) ? amountMinor : -amountMinor))
  }
  for (const { debit, credit: to, amountMinor } of postings) {
    add(debit, amountMinor)
    add(to, -amountMinor)
  }
  return sums
}

/** True for assets and expenses. */
export function growsByDebit(code: string): boolean {
  return ['asset', 'expense'].includes(accountClass(code))
}

/** The other side of a debt at its issue. What a bounced payment leaves missing was income (or paid out) before: it is made good to the credit. */
function issuedAgainst({ plant, accountId }: LedgerOwner, rule: ChargeRule): string {
  if (rule.issuedAgainst === 'credit') return credit(accountId)
  return rule.issuedAgainst === 'opening' ? opening(plant) : revenue(plant, rule.code)
}

type Entry = { debit: string; credit: string; amountMinor: number }

function paidInto(accountId: string, rule: ChargeRule): string {
  const into = { receivable, unearned, deposit: depositHeld, activation: activationHeld } as const
  return into[rule.paidInto](accountId)
}

function entry(debit: string, to: string, amountMinor: number): Entry {
  return { debit, credit: to, amountMinor: assertPositiveMinor(amountMinor) }
}

/** A negative amount turns the row round; zero is dropped by `legs`. */
function signed(debit: string, to: string, amountMinor: number): Entry {
  const amount = assertMinor(amountMinor)
  return amount < 0 ? { debit: to, credit: debit, amountMinor: -amount } : { debit, credit: to, amountMinor: amount }
}

function legs(entries: readonly Entry[]): Posting[] {
  return entries.filter(({ amountMinor }) => amountMinor > 0).map((one, index) => ({ leg: index + 1, ...one }))
}
