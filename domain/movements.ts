import type { IsoDate, IsoInstant } from './calendar.ts'
import type { ChargeKind } from './charge.ts'
import { credit, depositHeld, receivable } from './ledger.ts'
import { assertMinor } from './money.ts'

/** A posting that touches a customer's account, with what it speaks of where that is known. */
export interface LedgerEntry {
  readonly eventKey: string
  readonly debit: string
  readonly credit: string
  readonly amountMinor: number
  readonly businessAt: IsoInstant
  readonly chargeKind: ChargeKind | null
  readonly periodFrom: IsoDate | null
  readonly channel: string | null
  /** The number of the bill, receipt or note. */
  readonly number: string | null
  /** What a movement of the deposit is for, where its accounts do not say. */
  readonly depositEvent?: 'deposit-restored' | 'deposit-topped-up' | 'deposit-drawn' | null
}

/** What a statement calls it. */
export type MovementKind =
  | 'charge'
  | 'payment'
  | 'bounced'
  | 'to-deposit'
  | 'deposit-restored'
  | 'deposit-topped-up'
  | 'deposit-drawn'
  | 'deposit-excess'
  | 'from-deposit'
  | 'deposit-returned'
  | 'set-off'
  | 'advance'
  | 'advance-returned'
  | 'activation'
  | 'activation-returned'
  | 'credit-note'
  | 'debit-note'
  | 'over-billed'
  | 'refund'
  | 'refund-returned'
  | 'written-off'
  | 'opening'
  | 'unclaimed'
  | 'other'

/** One line of a statement. Above zero the balance rises: of a customer's account, what they owe; of a deposit, what is held. */
export interface Movement {
  readonly at: IsoInstant
  readonly kind: MovementKind
  readonly chargeKind: ChargeKind | null
  readonly periodFrom: IsoDate | null
  readonly channel: string | null
  readonly number: string | null
  readonly amountMinor: number
  readonly balanceMinor: number
}

/**
 * What a customer owes, line by line: debts less credit. Money that only moves between the two (a payment put against a bill) is no
 * line, so the last balance is `receivable - credit` of the ledger. Entries come in the order of posting.
 */
export function accountMovements(accountId: string, entries: readonly LedgerEntry[]): Movement[] {
  return movements(entries, { own: [receivable(accountId), credit(accountId)], raisedBy: 'debit', kindOf: accountKind })
}

/** What is held as deposit, line by line (billing.md "deposits"): the last balance is the ledger's. */
export function depositMovements(accountId: string, entries: readonly LedgerEntry[]): Movement[] {
  return movements(entries, { own: [depositHeld(accountId)], raisedBy: 'credit', kindOf: depositKind })
}

interface View {
  readonly own: readonly string[]
  readonly raisedBy: 'debit' | 'credit'
  readonly kindOf: (entry: LedgerEntry, counter: string, rises: boolean) => MovementKind
}

function movements(entries: readonly LedgerEntry[], { own, raisedBy, kindOf }: View): Movement[] {
  const lines: (Movement & { readonly eventKey: string })[] = []
  let balanceMinor = 0
  for (const entry of entries) {
    const raises = own.includes(entry[raisedBy])
    const lowers = own.includes(entry[raisedBy === 'debit' ? 'credit' : 'debit'])
    if (raises === lowers) continue
    const counter = entry[raises === (raisedBy === 'debit') ? 'credit' : 'debit']
    const kind = kindOf(entry, prefixOf(counter), raises)
    const amountMinor = raises ? entry.amountMinor : -entry.amountMinor
    balanceMinor = assertMinor(balanceMinor + amountMinor)
    const { eventKey, businessAt: at, chargeKind, periodFrom, channel, number } = entry
    const last = lines.at(-1)
    // Legs of one event, such as a charge and its rounding, are one line.
    const legOfLast = last !== undefined && last.eventKey === eventKey && last.kind === kind
    if (legOfLast) lines[lines.length - 1] = { ...last, amountMinor: last.amountMinor + amountMinor, balanceMinor }
    else lines.push({ eventKey, at, kind, chargeKind, periodFrom, channel, number, amountMinor, balanceMinor })
  }
  return lines.map(({ eventKey: _, ...line }) => line)
}

function prefixOf(code: string): string {
  return code.slice(0, code.indexOf(':'))
}

type Way = readonly [rises: MovementKind, falls: MovementKind]

const ACCOUNT: Readonly<Record<string, Way>> = {
  revenue: ['debit-note', 'credit-note'],
  rounding: ['debit-note', 'credit-note'],
  cash: ['refund', 'payment'],
  wallet: ['refund', 'payment'],
  bank: ['refund', 'payment'],
  suspense: ['other', 'payment'],
  deposit: ['to-deposit', 'from-deposit'],
  unearned: ['advance', 'advance-returned'],
  'activation-held': ['activation', 'activation-returned'],
  'written-off': ['other', 'written-off'],
  opening: ['opening', 'opening'],
  unclaimed: ['unclaimed', 'unclaimed'],
  'paying-out': ['refund', 'refund-returned'],
}

function accountKind({ eventKey }: LedgerEntry, counter: string, rises: boolean): MovementKind {
  const event = prefixOf(eventKey)
  if (event === 'charge' && counter !== 'opening') return 'charge'
  if (event === 'over-billed') return 'over-billed'
  if (event === 'advance-unused' || event === 'closing-advance') return 'advance-returned'
  if (rises && /bounce|revers/.test(event)) return 'bounced'
  if (event === 'refund-returned') return event
  return ACCOUNT[counter]?.[rises ? 0 : 1] ?? 'other'
}

const DEPOSIT: Readonly<Record<string, Way>> = {
  credit: ['to-deposit', 'deposit-returned'],
  receivable: ['to-deposit', 'set-off'],
  cash: ['to-deposit', 'refund'],
  wallet: ['to-deposit', 'refund'],
  bank: ['to-deposit', 'refund'],
  opening: ['opening', 'opening'],
  unclaimed: ['unclaimed', 'unclaimed'],
  'paying-out': ['refund-returned', 'refund'],
}

/** Events that give back what was too much, at a review or a package change. */
const EXCESS: readonly string[] = ['deposit-excess', 'package-deposit-excess']

function depositKind({ eventKey, depositEvent }: LedgerEntry, counter: string, rises: boolean): MovementKind {
  if (EXCESS.includes(prefixOf(eventKey))) return 'deposit-excess'
  if (prefixOf(eventKey) === 'refund-returned') return 'refund-returned'
  if (depositEvent && rises === (depositEvent !== 'deposit-drawn')) return depositEvent
  return DEPOSIT[counter]?.[rises ? 0 : 1] ?? 'other'
}
