import { type PutAgainst, reckonBounce } from '../../domain/bounce.ts'
import type { ChargeKind } from '../../domain/charge.ts'
import { DomainError } from '../../domain/errors.ts'
import {
  assertBackdating,
  judgeNotice,
  type PaymentState,
  type ProviderStatus,
  receiptSeries,
  valueDateOf,
} from '../../domain/payment.ts'
import { assertPlan, judgePlan, planDecision } from '../../domain/payment-plan.ts'
import { KATSA_POLICY_V1 as policy } from '../../domain/policy.ts'
import { judgePromise } from '../../domain/promise.ts'
import { isHeld } from '../../domain/provider-statement.ts'
import { assertPromise } from '../../domain/protection.ts'
import type { Role } from '../../domain/roles.ts'

type Row = Readonly<Record<string, string>>

/** What the columns of the tables about the lives of payments mean (docs/billing-rules.md). */
export const PAYMENT_RUNNERS: Readonly<Record<string, (row: Row) => Record<string, string>>> = {
  'What a provider says': (row) => {
    const state = row.standing === '–' ? undefined : (row.standing as PaymentState)
    const said = {
      status: row.says as ProviderStatus,
      amountMinor: 100,
      currency: 'INR',
      currencyHere: 'INR',
      isPayerKnown: true,
    }
    const verdict = judgeNotice(said, state && { state, amountMinor: 100, currency: 'INR', isSamePayer: true })
    return { verdict: 'reason' in verdict && verdict.does === 'quarantine' ? `quarantine: ${verdict.reason}` : verdict.does }
  },
  'A payment that bounces': (row) => {
    const { own, fromCredit, missingMinor } = reckonBounce({
      amountMinor: minor(row.payment),
      creditMinor: minor(row.credit),
      own: list(row.settled).map(against),
      fromCredit: list(row['from credit']).map(against),
    })
    const off = [...own, ...fromCredit].map(({ chargeId, amountMinor }) => `${chargeId}: ${rupees(amountMinor)}`)
    return { 'open again': off.join('; '), 'new debt': rupees(missingMinor) }
  },
  "A line of a provider's statement": (row) => {
    const line = { status: row.line as ProviderStatus, amountMinor: minor(row.amount), currency: 'INR' }
    const state = row['with us'] === '–' ? undefined : (row['with us'] as PaymentState)
    return { 'it is': isHeld(line, state && { state, amountMinor: minor(row.ours), currency: 'INR' }) ? 'held' : 'told' }
  },
  'The number of a receipt': (row) => ({ series: receiptSeries(row.plant ?? '', row.day ?? '') }),
  'The day money counts': (row) => {
    const { valueDate, isTooFar } = valueDateOf({ paidOn: row.paid, receivedOn: row.told ?? '', terms: policy.payment })
    return { 'counts from': valueDate, noted: isTooFar ? 'backdated-too-far' : '' }
  },
  'Who may enter cash late': (row) => {
    assertBackdating({ paidOn: row.taken ?? '', today: row.today ?? '', role: row.role as Role, terms: policy.payment })
    return { answer: 'taken' }
  },
  'A promise to pay': (row) => {
    const today = row.today ?? ''
    const promisesOfBill = Number(row['promises of the bill'])
    assertPromise({ role: row.role as Role, today, until: row.until ?? '', promisesOfBill, terms: policy.chasing })
    return { answer: 'noted' }
  },
  'A promise afterwards': (row) => {
    const covered = { openMinor: minor(row.open), paid: payments(row.paid) }
    return { stands: judgePromise({ promisedFor: row.until ?? '' }, covered, row.today ?? '') }
  },
  'A payment plan': (row) => {
    const parts = partsOf(row.parts)
    const terms = policy.chasing
    assertPlan({ parts, debtMinor: minor(row.debt), today: row.today ?? '', terms })
    const decision = planDecision({ parts: parts.length, isBrokenBefore: row['broken before'] === 'yes' }, terms)
    return { 'agreed by': decision === 'payment-plan' ? 'cluster-in-charge' : 'state-in-charge' }
  },
  'A payment plan afterwards': (row) => {
    const covered = { openMinor: minor(row.open), paid: payments(row.paid) }
    const standing = judgePlan(partsOf(row.parts), covered, row.today ?? '')
    return { stands: standing.state, part: 'part' in standing ? String(standing.part) : '' }
  },
}

/** `7 deposit 500 of 200`: number, kind, what was put there, and what is still held of it where that is less. */
function against(text: string): PutAgainst {
  const [id, kind = '', amount, , left] = text.split(' ')
  const amountMinor = minor(amount)
  const nature = kind === 'electricity' ? 'debt' : 'demand'
  const name = kind === 'advance' ? 'electricity' : kind
  return {
    chargeId: Number(id),
    kind: name as ChargeKind,
    nature,
    amountMinor,
    heldMinor: left === undefined ? amountMinor : minor(left),
  }
}

function partsOf(text = ''): { dueOn: string; amountMinor: number }[] {
  return list(text).map((one) => {
    const [dueOn = '', amount] = one.split(' ')
    return { dueOn, amountMinor: minor(amount) }
  })
}

function payments(text = ''): { on: string; amountMinor: number }[] {
  return partsOf(text).map(({ dueOn: on, amountMinor }) => ({ on, amountMinor }))
}

function list(text = ''): string[] {
  return text === '–' || text === '' ? [] : text.split(', ')
}

/** Rupees as written, in paise, without floating point. */
function minor(text = ''): number {
  const [, sign, whole, paise = ''] = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text) ?? []
  if (whole === undefined) throw new DomainError('INVALID_AMOUNT', `Not an amount: ${text}`)
  const amount = Number(whole) * 100 + Number(paise.padEnd(2, '0'))
  return sign === '-' ? -amount : amount
}

function rupees(amountMinor: number): string {
  return `${Math.floor(amountMinor / 100)}.${String(amountMinor % 100).padStart(2, '0')}`
}
