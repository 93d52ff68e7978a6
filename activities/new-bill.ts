import type { BillingSubject, SubjectCharge } from '../db/queries/billing-subjects.ts'
import type { IssuedBill, NewBill } from '../db/queries/bills.ts'
import type { CustomerNotice } from '../db/queries/notices.ts'
import type { PlantTerms } from '../db/queries/plants.ts'
import type { JsonObject } from '../db/tables.ts'
import { billDocument, depositAsked, type GroupedCharge } from '../domain/bill-document.ts'
import { addDays, addDuration, dateAt, latest } from '../domain/calendar.ts'
import { depositLineOf, isAskedByBill } from '../domain/deposit.ts'
import type { PeriodCharge } from '../domain/period-charge.ts'
import { daysIn } from '../domain/period.ts'

/** Under whose rules, and when, a bill is made. */
export interface BillingContext {
  readonly plant: string
  readonly asOf: string
  readonly rules: PlantTerms
}

/** Debts of these kinds appear on the next bill beside its electricity, and so does the part that is due of a deposit that was drawn or is too small. */
const GROUPED_KINDS: readonly string[] = ['fee', 'instalment', 'water']

/** One bill as the paper says it, from an assessed period and what else stands on the account. */
export function newBill(
  context: BillingContext,
  { subject, charge, number }: { subject: BillingSubject; charge: PeriodCharge; number: string },
): NewBill {
  const { plant, asOf, rules } = context
  const { accountId, customerId, holder, openCharges, creditMinor } = subject
  const dueOn = dueOnOf(context, charge)
  // Who leaves is not asked for a deposit any more.
  const fillsUp = (one: SubjectCharge): boolean => isAskedByBill(one) && subject.leftOn === null
  const isGrouped = (one: SubjectCharge): boolean =>
    !one.isBilled && (fillsUp(one) ? one.dueOn <= dueOn : one.nature === 'debt' && GROUPED_KINDS.includes(one.kind))
  const grouped = openCharges.filter(isGrouped)
  const outstanding = openCharges.filter(
    (one) => !grouped.includes(one) && (one.nature === 'debt' || one.kind === 'electricity' || (fillsUp(one) && one.isBilled)),
  )
  const outstandingMinor = outstanding.reduce((sum, { openMinor }) => sum + openMinor, 0)
  const head = {
    number,
    plant,
    accountId,
    customerId,
    holder,
    issuedAt: asOf,
    dueOn,
    currency: rules.currency,
  }
  const document = billDocument({ head, charge, otherCharges: grouped.map(groupedCharge), outstandingMinor, creditMinor })
  return { accountId, customerId, charge, document, terms: termsOf(context, charge, document.readings) }
}

function groupedCharge(one: SubjectCharge): GroupedCharge {
  const { chargeId, kind, source, openMinor: amountMinor } = one
  const line = depositLineOf(one)
  return { chargeId, kind, source, amountMinor, ...(line !== undefined && { line }) }
}

function dueOnOf({ asOf, rules }: BillingContext, charge: PeriodCharge): string {
  const today = dateAt(asOf, rules.zone)
  return charge.mode === 'postpaid' ? addDuration(today, rules.policy.postpaid.dueAfter) : latest(today, startOf(charge))
}

/** First supplied day that the charge is for. */
function startOf(charge: PeriodCharge): string {
  return charge.segments[0]?.from ?? charge.period.from
}

function termsOf({ rules }: BillingContext, charge: PeriodCharge, readings: readonly unknown[]): JsonObject {
  const { mode, segments, metered, wholeReadWh, roundingMinor } = charge
  const terms = {
    mode,
    roundingMinor,
    wholeReadWh,
    readings,
    policyVersion: rules.policy.version,
    chasing: rules.policy.chasing,
    from: startOf(charge),
    days: segments.reduce((sum, segment) => sum + daysIn(segment), 0),
    packages: segments.map(({ terms: one, from, to }) => ({ code: one.code, version: one.version, from, to })),
    ...(metered && { consumptionWh: metered.consumptionWh, estimated: metered.estimated, truesUp: metered.truesUp }),
  }
  return terms as unknown as JsonObject
}

/** The message that tells the customer of a bill or of an advance. */
export function billNotice(
  bill: IssuedBill,
  context: BillingContext,
): CustomerNotice<'bill-issued'> | CustomerNotice<'prepaid-advance-demanded'> {
  const { document, charge, accountId, customerId } = bill
  const { totalMinor, outstandingBeforeMinor: outstandingMinor, toPayMinor: payableMinor, dueOn, number } = document
  const creditUsedMinor = Math.min(document.creditBeforeMinor, totalMinor + outstandingMinor)
  const base = { accountId, dedupeKey: `bill:${number}`, asOf: context.asOf }
  const deposit = depositAsked(document)
  const money = { customerId, period: charge.period.key, creditUsedMinor, payableMinor, currency: document.currency, ...deposit }
  if (charge.mode === 'prepaid') {
    const graceUntil = addDays(addDuration(dueOn, context.rules.policy.prepaid.grace), -1)
    return { ...base, kind: 'prepaid-advance-demanded', params: { ...money, amountMinor: totalMinor, payBy: dueOn, graceUntil } }
  }
  const [first, last] = [document.readings[0], document.readings.at(-1)]
  const reading =
    first === undefined || last === undefined
      ? null
      : {
          previousReadingWh: first.fromRegisterWh,
          presentReadingWh: last.toRegisterWh,
          consumptionWh: document.consumptionWh ?? 0,
        }
  return {
    ...base,
    kind: 'bill-issued',
    params: { ...money, billNumber: number, reading, estimated: document.estimated, totalMinor, outstandingMinor, dueOn },
  }
}
