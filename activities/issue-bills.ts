import type { Db, Tx } from '../db/client.ts'
import { type LockedAccount, withAccounts } from '../db/queries/accounts.ts'
import { plantSince } from '../db/queries/billing.ts'
import { type BillingSubject, loadBillingSubjects } from '../db/queries/billing-subjects.ts'
import { insertBills, type IssuedBill, takeBillNumbers } from '../db/queries/bills.ts'
import { registersOnDates } from '../db/queries/boundary-readings.ts'
import { allocateCredit } from '../db/queries/charges.ts'
import { queueNotices } from '../db/queries/notices.ts'
import { nudge, startWorkflows } from '../db/queries/outbox.ts'
import { type PlantTerms, readPlant } from '../db/queries/plants.ts'
import { type BillingWindows, billingWindows } from '../domain/billing-calendar.ts'
import { addToInstant } from '../domain/calendar.ts'
import { electricitySource } from '../domain/charge.ts'
import { prepaidFrom } from '../domain/charged-days.ts'
import { isDomainError } from '../domain/errors.ts'
import { suppliedSegments } from '../domain/metered-period.ts'
import { meterFor } from '../domain/billing-cycle.ts'
import { assessPeriod, needsReading, type PeriodCharge } from '../domain/period-charge.ts'
import type { PackageMode } from '../domain/package.ts'
import { type Period, previousPeriod } from '../domain/period.ts'
import { processIds } from '../domain/process-ids.ts'
import { billNotice, newBill } from './new-bill.ts'
import { windowsOf } from './own-windows.ts'
import { takeStartRegisters } from './start-registers.ts'
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

interface Context extends IssueRequest {
  readonly rules: PlantTerms
  readonly windows: BillingWindows
  readonly since: string
}

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
      const subjects = request.mode === 'postpaid' ? await takeRegisters(tx, loaded, context) : loaded
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

/** The registers that come by themselves: where post-paid days begin, and where the period ends. */
async function takeRegisters(tx: Tx, subjects: readonly BillingSubject[], context: Context): Promise<BillingSubject[]> {
  const { windows, rules, asOf } = context
  const started = await takeStartRegisters(tx, subjects, { period: windows.postpaid, rules, asOf })
  return takeSmartReadings(tx, started, context)
}

async function judge(tx: Tx, subject: BillingSubject, context: Context): Promise<Outcome> {
  const { mode, windows } = context
  const period = mode === 'postpaid' ? windows.postpaid : windows.prepaid
  if (subject.charged.has(electricitySource(mode, period.key))) return { kind: 'existing' }
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
  const { asOf, rules, since } = context
  const windows = windowsOf(subject, context)
  if (asOf < windows.billFrom || isEarlierOpen(subject, { windows, rules, since })) return { kind: 'waiting' }
  const segments = suppliedSegments({ period: windows.postpaid, ...subject })
  const meter = meterFor(subject.installations, windows.boundary, rules.zone)
  if (!needsReading(segments) || meter === undefined) return undefined
  if (subject.registers.some(({ serial, boundary }) => serial === meter.serial && boundary === windows.boundary)) return undefined
  const mayStillCome =
    meter.kind === 'smart' && asOf < addToInstant(windows.billFrom, rules.policy.metering.registersWithin, rules.zone)
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
  const meter = meterFor(subject.installations, windowsOf(subject, { windows, rules }).boundary, rules.zone)
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
    issued.map((bill) => billNotice(bill, context)),
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

async function startCycles(
  tx: Tx,
  { plant, boundary, mode, windows }: Context,
  judged: readonly { subject: BillingSubject; outcome: Outcome }[],
): Promise<void> {
  const period = (mode === 'postpaid' ? windows.postpaid : windows.prepaid).key
  const starting = judged.filter(({ outcome }) => outcome.kind !== 'existing' && outcome.kind !== 'pending')
  await startWorkflows(
    tx,
    starting.map(({ subject }) => {
      const { accountId, customerId } = subject
      const input = { plant, accountId, customerId, period, boundary }
      return mode === 'prepaid' && isSinceChange(subject, windows.prepaid)
        ? { ...cycle, workflowId: processIds.advanceSinceChange(customerId, period), input: { ...input, sinceChange: true } }
        : { ...cycle, workflowId: processIds.billing(customerId, period), input }
    }),
  )
}

const cycle = { workflowType: 'billCustomer' } as const

/** An advance for the rest of a period that was post-paid before: the bill of those days may be at work under the period's own id. */
function isSinceChange(subject: BillingSubject, period: Period): boolean {
  return prepaidFrom(suppliedSegments({ period, ...subject })) !== undefined
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
