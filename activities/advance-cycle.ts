import { sql } from 'kysely'
import type { Db, Tx } from '../db/client.ts'
import { type LockedAccount, withAccount } from '../db/queries/accounts.ts'
import { LASTING_HOLDS } from '../db/queries/billing.ts'
import { type BillingSubject, loadBillingSubjects } from '../db/queries/billing-subjects.ts'
import type { Topic } from '../db/queries/outbox.ts'
import { type PlantTerms, readPlant } from '../db/queries/plants.ts'
import { readSupplyState, type SupplyState } from '../db/queries/supply-state.ts'
import { tasksOf } from '../db/queries/tasks.ts'
import { type Advance, type AdvanceState, type AdvanceStep, nextAdvanceStep, ownHold } from '../domain/advance-cycle.ts'
import { billingWindows } from '../domain/billing-calendar.ts'
import { dateAt } from '../domain/calendar.ts'
import { electricitySource } from '../domain/charge.ts'
import { prepaidFrom } from '../domain/charged-days.ts'
import { suppliedSegments } from '../domain/metered-period.ts'
import { processIds } from '../domain/process-ids.ts'
import type { SupplySegment } from '../domain/tariff.ts'
import { type CycleKey, isOpen, readDelivery, type StepTask } from './billing-cycle.ts'
import { type HandWorkContext, type MeterAct, type MeterWork, readMeterWork } from './hand-work.ts'

/** An advance's cycle. */
export interface AdvanceKey extends CycleKey {
  /** The day a lapsed customer asked for it. */
  readonly asked?: string
  /** It is for the rest of a period that was post-paid before. */
  readonly sinceChange?: boolean
}

/** The process that follows an advance. */
export function advanceProcess({ customerId, period, sinceChange }: AdvanceKey): string {
  return sinceChange === true ? processIds.advanceSinceChange(customerId, period) : processIds.billing(customerId, period)
}

/** What the workflow is told. */
export interface AdvanceCycle {
  readonly next: AdvanceStep
  readonly topics: readonly Topic[]
  readonly zone: string
  /** The version of the meter's desired state that lit it again, once this cycle has. */
  readonly relitVersion: number | null
  /** The meter has said so already. */
  readonly isLit: boolean
}

/** One advance with everything its next step needs. */
export interface AdvanceFacts {
  readonly key: AdvanceKey
  readonly workflowId: string
  readonly asOf: string
  readonly rules: PlantTerms
  readonly subject: BillingSubject | undefined
  readonly supply: SupplyState | undefined
  readonly tasks: readonly StepTask[]
  /** What the meter still needs so that a lapsed customer really is dark; undefined where none of it is this cycle's. */
  readonly meterWork: MeterWork | undefined
  readonly state: AdvanceState
}

/** Does a step if it still is the next one when the account is locked. */
export async function takeAdvanceStep(
  db: Db,
  key: AdvanceKey & { asOf: string },
  {
    expected,
    act,
  }: { expected: AdvanceStep['kind']; act: (tx: Tx, facts: AdvanceFacts & { account: LockedAccount }) => Promise<void> },
): Promise<void> {
  await withAccount(db, key.accountId, async (tx, account) => {
    const facts = await readAdvance(tx, key)
    if (nextAdvanceStep(facts.state).kind === expected) await act(tx, { ...facts, account })
  })
}

/** What the workflow decides by. */
export async function readAdvanceCycle(db: Db, key: AdvanceKey & { asOf: string }): Promise<AdvanceCycle> {
  const { state, supply, tasks, rules, workflowId } = await readAdvance(db, key)
  const open = tasks.filter(isOpen).map(({ taskId }): Topic => `task:${taskId}`)
  const meter: Topic[] = supply === undefined ? [] : [`meter:${supply.serial}`]
  const wasHeld = state.holds.some(({ owner }) => owner === workflowId)
  const isRelit = wasHeld && ownHold(state) === undefined
  const topics: Topic[] = [`account:${key.accountId}`, `connection:${key.customerId}`, ...meter, ...open]
  return {
    next: nextAdvanceStep(state),
    zone: rules.zone,
    relitVersion: isRelit ? (supply?.desiredVersion ?? null) : null,
    isLit: supply?.isCarried ?? true,
    topics,
  }
}

export async function readAdvance(db: Db | Tx, { asOf, ...key }: AdvanceKey & { asOf: string }): Promise<AdvanceFacts> {
  const rules = await readPlant(db, key.plant, asOf)
  const windows = billingWindows({ boundary: key.boundary, policy: rules.policy, zone: rules.zone })
  const [subject] = await loadBillingSubjects(db, [key.customerId])
  const workflowId = advanceProcess(key)
  const tasks = await tasksOf(db, workflowId)
  const supply = await readSupplyState(db, key.customerId)
  const segments = subject === undefined ? [] : suppliedSegments({ period: windows.prepaid, from: key.asked, ...subject })
  const holds = (subject?.holds ?? []).filter(({ reason }) => reason === 'prepaid-lapsed')
  const standing = subject?.holds.filter(({ liftedAt, reason }) => liftedAt === null && LASTING_HOLDS.includes(reason)) ?? []
  const meterWork = await lapseWork(db, { supply, holds, workflowId, plant: rules, asOf })
  const isHeld = standing.some(({ reason }) => reason !== 'prepaid-lapsed' || key.asked === undefined)
  const advance = await readDemand(db, key)
  const isChargedOtherwise = advance === null && key.sinceChange !== true && subject?.charged.has(key.period) === true
  const base = { asOf, windows, zone: rules.zone, currency: rules.currency, workflowId, holds, policy: rules.policy }
  const state: AdvanceState = {
    ...base,
    mayBeAsked: isAskedInAdvance(segments, key) && !isHeld && !isChargedOtherwise,
    hasLeft:
      subject === undefined ||
      subject.closedAt !== null ||
      (subject.leftOn !== null && subject.leftOn <= dateAt(asOf, rules.zone)),
    advance,
    delivery: await readDelivery(db, { key, tasks }),
    isResumed: await isResumed(db, { key, subject, today: dateAt(asOf, rules.zone) }),
    handWork: handWork(meterWork),
    lookAgainAt: meterWork?.lookAgainAt ?? null,
  }
  return { key, workflowId, asOf, rules, subject, supply, tasks, meterWork, state }
}

/** Pre-paid from its first day on, or since a change in its middle: never where the change goes the other way. */
function isAskedInAdvance(segments: readonly SupplySegment[], { sinceChange }: AdvanceKey): boolean {
  const own = sinceChange === true ? segments.filter(({ from }) => from >= (prepaidFrom(segments) ?? from)) : segments
  return own.length > 0 && own.every(({ terms }) => terms.mode === 'prepaid')
}

/** Postings of these events of a charge: a range, not a pattern, which no index finds where it differs from row to row. */
function eventsOf(event: 'advance-unused' | 'earned') {
  const begins = sql`${`${event}:`}::text || c.charge_id`
  return sql`p.event_key ~>=~ (${begins} || ':') and p.event_key ~<~ (${begins} || ';')`
}

async function readDemand(db: Db | Tx, key: CycleKey): Promise<Advance | null> {
  const { rows } = await sql<Omit<Advance, 'from' | 'days'> & { terms: { from: string; days: number } }>`
    select c.charge_id as "chargeId", c.amount_minor as "amountMinor", open_amount(c.charge_id) as "openMinor", c.voided_at is not null as "isVoided",
      c.issued_at as "issuedAt", c.terms,
      coalesce((select sum(a.amount_minor) from allocations a where a.charge_id = c.charge_id), 0) as "paidMinor",
      coalesce((select sum(n.amount_minor) from notes n where n.charge_id = c.charge_id and n.source like 'dark-days:%'), 0) as "notedMinor",
      coalesce((select sum(p.amount_minor) from postings p where ${eventsOf('advance-unused')}), 0) as "returnedMinor",
      coalesce((select sum(case when p.debit like 'unearned:%' then p.amount_minor else -p.amount_minor end)
        from postings p where ${eventsOf('earned')} and (p.debit like 'unearned:%' or p.credit like 'unearned:%')), 0) as "earnedMinor"
    from charges c
    where c.account_id = ${key.accountId} and c.kind = 'electricity' and c.source = ${electricitySource('prepaid', key.period)} and c.nature = 'demand'`.execute(
    db,
  )
  const [row] = rows
  if (row === undefined) return null
  const { terms, ...demand } = row
  return { ...demand, from: terms.from, days: terms.days }
}

/** The supply is paid for again: a later advance is settled and has begun, or the package is post-paid now. */
async function isResumed(
  db: Db | Tx,
  { key, subject, today }: { key: CycleKey; subject: BillingSubject | undefined; today: string },
): Promise<boolean> {
  const now = subject?.terms.find(({ fromDate, toDate }) => fromDate <= today && (toDate === null || toDate > today))
  if (now?.package.mode === 'postpaid') return true
  const { rows } = await sql<{ chargeId: number }>`
    select charge_id as "chargeId" from charges
    where account_id = ${key.accountId} and kind = 'electricity' and nature = 'demand' and voided_at is null and amount_minor > 0
      and period_from > ${key.period} and period_from <= ${today} and period_to > ${today} and open_amount(charge_id) = 0
      and exists (select 1 from allocations a where a.charge_id = charges.charge_id)
    limit 1`.execute(db)
  return rows.length > 0
}

interface Lapse extends HandWorkContext {
  readonly supply: SupplyState | undefined
  readonly holds: AdvanceState['holds']
  readonly workflowId: string
}

/** What is still to be done until the meter is off: by hand where it cannot be told or says no, and told of while it is away. */
async function lapseWork(db: Db | Tx, { supply, holds, workflowId, ...context }: Lapse): Promise<MeterWork | undefined> {
  if (supply === undefined || supply.isCarried || supply.desiredRelay !== 'open') return undefined
  if (ownHold({ holds, workflowId }) === undefined || (supply.isRelaySet && supply.source !== workflowId)) return undefined
  return readMeterWork(db, { ...context, supply, source: lapseSource(workflowId, supply.desiredVersion) })
}

const HAND_WORK: Readonly<Record<MeterAct['kind'], AdvanceState['handWork']>> = {
  'open-task': 'open',
  report: 'report',
  tell: 'tell',
}

function handWork(work: MeterWork | undefined): AdvanceState['handWork'] {
  if (work === undefined) return 'none'
  return work.act === null ? 'waiting' : HAND_WORK[work.act.kind]
}

/** The step that switches the connection off. */
export function lapseSource(workflowId: string, version: number): { workflowId: string; step: string } {
  return { workflowId, step: `lapse:${version}` }
}

/** The task that switches the connection off. */
export function lapseTask(tasks: readonly StepTask[], version: number): StepTask | undefined {
  return tasks.find(({ sourceStep }) => sourceStep === `lapse:${version}`)
}
