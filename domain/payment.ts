import { addToInstant, daysBetween, dateAt, subtractDuration } from './calendar.ts'
import type { IsoDate, IsoDuration, IsoInstant, Zone } from './calendar.ts'
import { DomainError } from './errors.ts'
import { bank, cash, wallet } from './ledger.ts'
import type { Role } from './roles.ts'

export const PAYMENT_CHANNELS = ['cash', 'wallet', 'card', 'transfer', 'cheque'] as const
/** How money came in. */
export type PaymentChannel = (typeof PAYMENT_CHANNELS)[number]

export const PROVIDER_STATUSES = ['confirmed', 'pending', 'unknown', 'failed', 'bounced', 'charged-back'] as const
/**
 * What a provider says of a payment. A time-out is `unknown`, never `failed` (billing.md rule 16). `bounced` and `charged-back` take
 * back what was confirmed before.
 */
export type ProviderStatus = (typeof PROVIDER_STATUSES)[number]

export const PAYMENT_STATES = ['pending', 'unknown', 'posted', 'suspense', 'returned', 'failed', 'bounced'] as const
/**
 * Where a payment stands with us. Only `posted`, `suspense` and `returned` (out of suspense to its sender, as a refund says) came into the
 * books for good; `bounced` was there, and was answered by its reverse.
 */
export type PaymentState = (typeof PAYMENT_STATES)[number]

/** Why a notice was set aside: it contradicts what stands, or is in money the books do not hold. Nothing is posted for it. */
export type QuarantineReason =
  'another-amount' | 'another-currency' | 'another-payer' | 'failed-after-posting' | 'bounced-after-return'

/** Why money that had been taken is gone again. */
export const BOUNCE_REASONS = ['bounced', 'charged-back'] as const
export type BounceReason = (typeof BOUNCE_REASONS)[number]

/** What was taken all the same, and noted. */
export type PaymentMismatch = 'bill-of-another-account' | 'bill-unknown' | 'bill-settled' | 'account-closed' | 'backdated-too-far'

/** What one notice asks for. */
export type NoticeVerdict =
  | { readonly does: 'post' | 'suspend' | 'fail' | 'nothing' }
  | { readonly does: 'hold'; readonly state: 'pending' | 'unknown' }
  | { readonly does: 'bounce'; readonly reason: BounceReason }
  | { readonly does: 'quarantine'; readonly reason: QuarantineReason }

/** What a notice says, beside what is known of its payer. */
export interface SaidOfPayment {
  readonly status: ProviderStatus
  readonly amountMinor: number
  readonly currency: string
  /** The currency of the payer's account, or of the plant while the payer is unknown. */
  readonly currencyHere: string
  readonly isPayerKnown: boolean
}

/** The payment of that reference as it stands, and whether the notice names the same payer. */
export interface StandingPayment {
  readonly state: PaymentState
  readonly amountMinor: number
  readonly currency: string
  readonly isSamePayer: boolean
}

/**
 * Judges one notice against what stands for its reference (design, "receive-payment"; billing.md rules 4 and 16). The first one
 * stands; a contradiction is set aside; notices may come twice and in any order, and the state only goes forward. While nothing is in
 * the books, the amount that is confirmed is what came in, whatever was promised or said to have failed before. Only the words
 * `bounced` and `charged-back` take money back: a `failed` behind a `confirmed` may be an older word that came late, so it is set aside
 * for people (docs/decisions/0024).
 */
export function judgeNotice(said: SaidOfPayment, standing?: StandingPayment): NoticeVerdict {
  const contradiction = contradictionOf(said, standing)
  if (contradiction !== undefined) return { does: 'quarantine', reason: contradiction }
  if (standing?.state === 'bounced') return { does: 'nothing' }
  if (said.status === 'bounced' || said.status === 'charged-back') return { does: 'bounce', reason: said.status }
  if (standing !== undefined && IN_THE_BOOKS.includes(standing.state)) return { does: 'nothing' }
  if (said.status === 'confirmed') return { does: said.isPayerKnown ? 'post' : 'suspend' }
  if (standing?.state === 'failed') return { does: 'nothing' }
  if (said.status === 'failed') return { does: 'fail' }
  return standing?.state === said.status ? { does: 'nothing' } : { does: 'hold', state: said.status }
}

function contradictionOf(said: SaidOfPayment, standing?: StandingPayment): QuarantineReason | undefined {
  if (said.currency !== (standing?.currency ?? said.currencyHere)) return 'another-currency'
  if (standing === undefined) return undefined
  if (said.amountMinor !== standing.amountMinor && !tellsAmount(said, standing)) return 'another-amount'
  if (!standing.isSamePayer) return 'another-payer'
  if (IN_THE_BOOKS.includes(standing.state) && said.status === 'failed') return 'failed-after-posting'
  // Whoever sent it has it twice now: nothing is left to take back, and people see to it.
  const isTakenBack = said.status === 'bounced' || said.status === 'charged-back'
  return isTakenBack && standing.state === 'returned' ? 'bounced-after-return' : undefined
}

const IN_THE_BOOKS: readonly PaymentState[] = ['posted', 'suspense', 'returned']

/** The first word of the money itself: the words before it were of money that was still to come. */
function tellsAmount(said: SaidOfPayment, { state }: StandingPayment): boolean {
  return said.status === 'confirmed' && (state === 'pending' || state === 'unknown' || state === 'failed')
}

/** The ledger account money comes into: the holder's cash, the provider, or the plant's bank (billing-rules, "Postings"). */
export function paidInto({
  channel,
  provider,
  plant,
  holder,
}: {
  channel: PaymentChannel
  provider: string
  plant: string
  holder?: string
}): string {
  if (channel === 'cash') return cash(holder ?? counterOf(plant))
  return channel === 'wallet' || channel === 'card' ? wallet(provider) : bank(plant)
}

/** Who holds the cash of a plant's counter. */
export function counterOf(plant: string): string {
  return `counter-${plant}`
}

/**
 * What a payer wrote as an account's key: the customer ID, or the application's short code, with or without spaces, hyphen and
 * capitals (policy "onboarding": both are the payment reference). Undefined for anything else.
 */
export function payerKey(text: string): { customerId: string } | { accountId: string } | undefined {
  const plain = text.toUpperCase().replaceAll(/[\s.-]/g, '')
  if (/^[A-Z]{6}\d{5}$/.test(plain)) return { customerId: plain }
  const [, plant, digits] = /^([A-Z]{6})A(\d{4,9})$/.exec(plain) ?? []
  return plant === undefined || digits === undefined ? undefined : { accountId: `${plant}-A${digits}` }
}

const FISCAL_YEAR_BEGINS = '-04-01'

/** One gap-free series of receipts a plant and fiscal year, April to March: `BHKATS-R/2026-27` (billing.md rule 7). */
export function receiptSeries(plant: string, date: IsoDate): string {
  return yearlySeries(`${plant}-R`, date)
}

/** The same of receipts to staff who pay back what was short: `BHKATS-S/2026-27`. */
export function repaymentSeries(plant: string, date: IsoDate): string {
  return yearlySeries(`${plant}-S`, date)
}

function yearlySeries(name: string, date: IsoDate): string {
  const year = Number(date.slice(0, 4)) - (date.slice(4) < FISCAL_YEAR_BEGINS ? 1 : 0)
  return `${name}/${year}-${String((year + 1) % 100).padStart(2, '0')}`
}

/** `BHKATS-R/2026-27/000123`. */
export function receiptNumber(series: string, n: number): string {
  return `${series}/${String(n).padStart(6, '0')}`
}

/** The series a receipt's number belongs to. */
export function seriesOf(number: string): string {
  return number.slice(0, number.lastIndexOf('/'))
}

const FIRST_ASKS_AFTER = ['PT5M', 'PT1H'] as const

/** When a provider that left us in doubt is asked next: after 5 minutes, after an hour, then every day (billing.md rule 16). */
export function nextAskAt({ receivedAt, asOf, zone }: { receivedAt: IsoInstant; asOf: IsoInstant; zone: Zone }): IsoInstant {
  const soon = FIRST_ASKS_AFTER.map((after) => addToInstant(receivedAt, after, zone)).find((at) => at > asOf)
  if (soon !== undefined) return soon
  const days = Math.max(daysBetween(dateAt(receivedAt, zone), dateAt(asOf, zone)), 1)
  const sameTime = addToInstant(receivedAt, `P${days}D`, zone)
  return sameTime > asOf ? sameTime : addToInstant(receivedAt, `P${days + 1}D`, zone)
}

/** How far back money may count as paid, from the day we were told (policy "backdating"). */
export type BackdatingTerms = { readonly backdatingAgent: IsoDuration; readonly backdatingOffice: IsoDuration }

/**
 * The day money counts as paid: as the provider says, never later than the day it was received and never earlier than the window of
 * the office; `isTooFar` where it was said to be (billing.md rule 6).
 */
export function valueDateOf({
  paidOn,
  receivedOn,
  terms,
}: {
  paidOn?: IsoDate | undefined
  receivedOn: IsoDate
  terms: BackdatingTerms
}): { valueDate: IsoDate; isTooFar: boolean } {
  if (paidOn === undefined || paidOn >= receivedOn) return { valueDate: receivedOn, isTooFar: false }
  const earliestDay = subtractDuration(receivedOn, terms.backdatingOffice)
  return paidOn < earliestDay ? { valueDate: earliestDay, isTooFar: true } : { valueDate: paidOn, isTooFar: false }
}

/**
 * Refuses a day of payment that is to come, or too long ago: DEADLINE_PASSED with the first day that is allowed. Agents who were
 * without network enter what they took within their window; older cash is the cluster in-charge's to enter (billing.md rule 6).
 */
export function assertBackdating({
  paidOn,
  today,
  role,
  terms,
}: {
  paidOn: IsoDate
  today: IsoDate
  role: Role
  terms: BackdatingTerms
}): void {
  if (paidOn > today) throw new DomainError('INVALID_INPUT', 'Money is not taken on a day to come', { today })
  const isOffice = role === 'cluster-in-charge' || role === 'state-in-charge' || role === 'head-office'
  const firstDay = subtractDuration(today, isOffice ? terms.backdatingOffice : terms.backdatingAgent)
  if (paidOn < firstDay)
    throw new DomainError(
      'DEADLINE_PASSED',
      isOffice ? 'This day is too long ago for any entry' : 'This day is too long ago: the cluster in-charge enters it',
      { firstDay },
    )
}

/** The step by which head office decides about a payment in doubt. */
export const DOUBT_STEP = 'in-doubt'

/** The step by which head office decides about a report that a payment came back. */
export function bounceStep(reportId: number): string {
  return `bounce:${reportId}`
}

/** From when head office may decide about a payment that nobody could resolve (billing.md rule 16). */
export function doubtMayBeDecidedAt(
  { receivedAt, zone }: { receivedAt: IsoInstant; zone: Zone },
  terms: { readonly doubtDecidedAfter: IsoDuration },
): IsoInstant {
  return addToInstant(receivedAt, terms.doubtDecidedAfter, zone)
}
