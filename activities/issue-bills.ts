import type { Db, Tx } from '../db/client.ts'
import { type LockedAccount, withAccounts } from '../db/queries/accounts.ts'
import { plantSince } from '../db/queries/billing.ts'
import { type BillingSubject, loadBillingSubjects } from '../db/queries/billing-subjects.ts'
import { insertBills, type IssuedBill, type NewBill, takeBillNumbers } from '../db/queries/bills.ts'
import { registersOnDates } from '../db/queries/boundary-readings.ts'
import { allocateCredit } from '../db/queries/charges.ts'
import { type CustomerNotice, queueNotices } from '../db/queries/notices.ts'
import { nudge, startWorkflows } from '../db/queries/outbox.ts'
import { type PlantTerms, readPlant } from '../db/queries/plants.ts'
import type { JsonObject } from '../db/tables.ts'
import { billDocument, type GroupedCharge } from '../domain/bill-document.ts'
import { type BillingWindows, billingWindows } from '../domain/billing-calendar.ts'
import { addDays, addDuration, addToInstant, dateAt, latest } from '../domain/calendar.ts'
import { isDomainError } from '../domain/errors.ts'
import { suppliedSegments } from '../domain/metered-period.ts'
import { meterFor } from '../domain/billing-cycle.ts'
import { assessPeriod, needsReading, type PeriodCharge } from '../domain/period-charge.ts'
import type { PackageMode } from '../domain/package.ts'
import { daysIn, previousPeriod } from '../domain/period.ts'
import { processIds } from '../domain/process-ids.ts'
import { takeSmartReadings } from './take-readings.ts'

/** A set of customers to be billed together, at most 200. */
export interface IssueRequest {
  readonly plant: string
  readonly boundary: string
  readonly mode: PackageMode
  readonly connectionIds: readonly string[]
  readonly asOf: string
  /** The cycle of one customer bills itself: it is told what happened and needs no start. */
  readonly byCycle?: boolean
  /** First day an advance is for, where it was asked for in the middle of its month. */
  readonly from?: string
}

/** What became of a set. Customer IDs; `pending` are meters whose register may still come. */
export interface IssueResult {
  readonly issued: readonly string[]
  readonly existing: readonly string[]
  readonly pending: readonly string[]
  readonly waiting: readonly string[]
  readonly parked: readonly { readonly customerId: string; readonly reason: string }[]
}

/** How long a set waits for the boundary registers that come by themselves before their customers get cycles of their own. */
const REGISTERS_COME_WITHIN = 'P1D'
const GROUPED_KINDS: readonly string[] = ['fee', 'instalment', 'water']

interface Context extends IssueRequest {
  readonly rules: PlantTerms
  readonly windows: BillingWindows
  readonly since: string
}

/** Under whose rules, and when, a bill is made. */
export type BillingContext = Pick<Context, 'plant' | 'asOf' | 'rules'>

type Outcome =
  | { readonly kind: 'existing' | 'pending' | 'waiting' }
  | { readonly kind: 'parked'; readonly reason: string }
  | { readonly kind: 'ready'; readonly charge: PeriodCharge }

/**
 * Bills up to 200 connections in one transaction: locks their accounts in order, drops what is charged already, assesses, sets
 * failures aside with their reason, takes exactly as many numbers as there are bills, and inserts the rest in a handful of
 * statements. Who must wait gets a cycle of its own, and so does everybody else from here on. Repeating it changes nothing.
 */
export async function issueSet(db: Db, request: IssueRequest): Promise<IssueResult> {
  const ids = [...new Set(request.connectionIds)]
  const accounts =
    ids.length === 0 ? [] : await db.selectFrom('connections').select('accountId').where('customerId', 'in', ids).execute()
  return withAccounts(
    db,
    accounts.map(({ accountId }) => accountId),
    async (tx, locked) => {
      const context = await readContext(tx, request)
      const loaded = await loadBillingSubjects(tx, ids)
      const subjects = request.mode === 'postpaid' ? await takeSmartReadings(tx, loaded, context) : loaded
      const judged = []
      for (const subject of subjects) judged.push({ subject, outcome: await judge(tx, subject, context) })
      const issued = await issue(tx, {
        context,
        locked,
        ready: judged.flatMap(({ subject, outcome }) => (outcome.kind === 'ready' ? [{ subject, charge: outcome.charge }] : [])),
      })
      const result = resultOf(judged, issued)
      if (request.byCycle !== true) await startCycles(tx, context, judged)
      return result
    },
  )
}

async function readContext(tx: Tx, request: IssueRequest): Promise<Context> {
  const rules = await readPlant(tx, request.plant, request.asOf)
  const windows = billingWindows({ boundary: request.boundary, policy: rules.policy, zone: rules.zone })
  return { ...request, rules, windows, since: (await plantSince(tx, request.plant, rules.zone)) ?? request.boundary }
}

async function judge(tx: Tx, subject: BillingSubject, context: Context): Promise<Outcome> {
  const { mode, windows } = context
  const period = mode === 'postpaid' ? windows.postpaid : windows.prepaid
  if (subject.charged.has(period.key)) return { kind: 'existing' }
  if (mode === 'postpaid') {
    const held = holdUp(subject, context)
    if (held !== undefined) return held
  }
  try {
    const registersOn = mode === 'postpaid' ? await changesRead(tx, subject, context) : {}
    return {
      kind: 'ready',
      charge: assessPeriod({ connection: subject, mode, period, rules: context.rules, registersOn, from: context.from }),
    }
  } catch (error) {
    if (!isDomainError(error)) throw error
    return { kind: 'parked', reason: `${error.code}: ${error.message}` }
  }
}

/** Why a post-paid customer cannot be billed yet; undefined when nothing stands in the way. */
function holdUp(subject: BillingSubject, context: Context): Outcome | undefined {
  const { windows, asOf, rules, since } = context
  if (asOf < windows.billFrom || isEarlierOpen(subject, { windows, rules, since })) return { kind: 'waiting' }
  const segments = suppliedSegments({ period: windows.postpaid, ...subject })
  const meter = meterFor(subject.installations, windows.postpaid, rules.zone)
  if (!needsReading(segments) || meter === undefined) return undefined
  if (subject.registers.some(({ serial, boundary }) => serial === meter.serial && boundary === windows.boundary)) return undefined
  const mayStillCome = meter.kind === 'smart' && asOf < addToInstant(windows.billFrom, REGISTERS_COME_WITHIN, rules.zone)
  return { kind: mayStillCome && context.byCycle !== true ? 'pending' : 'waiting' }
}

/** Periods are billed in order: the next one begins at the register that ends this one. */
export function isEarlierOpen(
  subject: BillingSubject,
  { windows, rules, since }: { windows: BillingWindows; rules: PlantTerms; since: string },
): boolean {
  const before = previousPeriod(windows.postpaid, rules.policy.anchorDay)
  if (before.to <= since || subject.charged.has(before.key)) return false
  const segments = suppliedSegments({ period: before, ...subject })
  return segments.some(({ terms }) => terms.mode === 'postpaid')
}

async function changesRead(tx: Tx, subject: BillingSubject, { windows, rules }: Context): Promise<Record<string, number>> {
  const segments = suppliedSegments({ period: windows.postpaid, ...subject })
  const meter = meterFor(subject.installations, windows.postpaid, rules.zone)
  if (segments.length < 2 || meter === undefined) return {}
  return registersOnDates(tx, meter.serial, { dates: segments.slice(1).map(({ from }) => from), zone: rules.zone })
}

interface Ready {
  readonly context: Context
  readonly locked: readonly LockedAccount[]
  readonly ready: readonly { subject: BillingSubject; charge: PeriodCharge }[]
}

async function issue(tx: Tx, { context, locked, ready }: Ready): Promise<IssuedBill[]> {
  const { plant, asOf, rules } = context
  const numbers = await takeBillNumbers(tx, plant, ready.length)
  const bills = ready.map(({ subject, charge }, index) => newBill(context, { subject, charge, number: numbers[index] ?? '' }))
  const issued = await insertBills(tx, { plant, currency: rules.currency, asOf }, bills)
  await queueNotices(
    tx,
    issued.map((bill) => noticeOf(bill, context)),
  )
  for (const account of locked) {
    const bill = issued.find(({ accountId }) => accountId === account.accountId)
    if (bill !== undefined && bill.document.creditBeforeMinor + bill.charge.creditMinor > 0)
      await allocateCredit(tx, { account, asOf, zone: rules.zone })
  }
  await nudge(tx, ...issued.map(({ accountId }) => `account:${accountId}` as const))
  const owing = issued.filter(({ charge, document }) => charge.mode === 'postpaid' && document.toPayMinor > 0)
  await startWorkflows(
    tx,
    owing.map(({ accountId, customerId }) => ({
      workflowType: 'collectDues',
      workflowId: processIds.collection(customerId),
      input: { plant, accountId, customerId },
    })),
  )
  return issued
}

/** One bill as the paper says it, from an assessed period and what else stands on the account. */
export function newBill(
  context: BillingContext,
  { subject, charge, number }: { subject: BillingSubject; charge: PeriodCharge; number: string },
): NewBill {
  const { plant, asOf, rules } = context
  const { accountId, customerId, holder, openCharges, creditMinor } = subject
  const grouped = openCharges.filter(
    ({ kind, isBilled, nature }) => nature === 'debt' && !isBilled && GROUPED_KINDS.includes(kind),
  )
  const otherCharges: GroupedCharge[] = grouped.map(({ chargeId, kind, source, openMinor }) => ({
    chargeId,
    kind,
    source,
    amountMinor: openMinor,
  }))
  const outstanding = openCharges.filter(
    (charge_) => !grouped.includes(charge_) && (charge_.nature === 'debt' || charge_.kind === 'electricity'),
  )
  const outstandingMinor = outstanding.reduce((sum, { openMinor }) => sum + openMinor, 0)
  const head = {
    number,
    plant,
    accountId,
    customerId,
    holder,
    issuedAt: asOf,
    dueOn: dueOnOf(context, charge),
    currency: rules.currency,
  }
  const document = billDocument({ head, charge, otherCharges, outstandingMinor, creditMinor })
  return { accountId, customerId, charge, document, terms: termsOf(context, charge, document.readings) }
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

function noticeOf(
  bill: IssuedBill,
  context: Context,
): CustomerNotice<'bill-issued'> | CustomerNotice<'prepaid-advance-demanded'> {
  const { document, charge, accountId, customerId } = bill
  const { totalMinor, outstandingBeforeMinor: outstandingMinor, toPayMinor: payableMinor, dueOn, number } = document
  const creditUsedMinor = Math.min(document.creditBeforeMinor, totalMinor + outstandingMinor)
  const base = { accountId, dedupeKey: `bill:${number}`, asOf: context.asOf }
  const money = { customerId, period: charge.period.key, creditUsedMinor, payableMinor, currency: document.currency }
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

async function startCycles(
  tx: Tx,
  { plant, boundary, mode, windows }: Context,
  judged: readonly { subject: BillingSubject; outcome: Outcome }[],
): Promise<void> {
  const period = (mode === 'postpaid' ? windows.postpaid : windows.prepaid).key
  const starting = judged.filter(({ outcome }) => outcome.kind !== 'existing' && outcome.kind !== 'pending')
  await startWorkflows(
    tx,
    starting.map(({ subject: { accountId, customerId } }) => ({
      workflowType: 'billCustomer',
      workflowId: processIds.billing(customerId, period),
      input: { plant, accountId, customerId, period, boundary },
    })),
  )
}

function resultOf(judged: readonly { subject: BillingSubject; outcome: Outcome }[], issued: readonly IssuedBill[]): IssueResult {
  const ids = (kind: Outcome['kind']): string[] =>
    judged.flatMap(({ subject, outcome }) => (outcome.kind === kind ? [subject.customerId] : []))
  const parked = judged.flatMap(({ subject, outcome }) =>
    outcome.kind === 'parked' ? [{ customerId: subject.customerId, reason: outcome.reason }] : [],
  )
  return {
    issued: issued.map(({ customerId }) => customerId),
    existing: ids('existing'),
    pending: ids('pending'),
    waiting: ids('waiting'),
    parked,
  }
}
