import { sql } from 'kysely'
import type { ArrearsState } from '../../domain/arrears.ts'
import { dateAt, subtractDuration } from '../../domain/calendar.ts'
import type { ChargeKind } from '../../domain/charge.ts'
import type { ChasingTerms } from '../../domain/chasing-calendar.ts'
import { chaseableMinor, type Debt, type DunningRecord, type DunningStep } from '../../domain/debt.ts'
import { depositHeld } from '../../domain/ledger.ts'
import { periodContaining } from '../../domain/period.ts'
import { processIds } from '../../domain/process-ids.ts'
import { isProtectedCategory, type Protection, putOffByPart } from '../../domain/protection.ts'
import type { Db, Tx } from '../client.ts'
import { agreementProtections } from './agreement-protections.ts'
import { disputedPartsOf } from './disputes.ts'
import { balanceOf } from './ledger.ts'
import { type PlantTerms, readPlant } from './plants.ts'

/** An account in arrears as the rules see it, with what is needed to act on it. */
export interface Arrears {
  readonly state: ArrearsState
  readonly plant: PlantTerms
  readonly accountId: string
  readonly customerId: string
  readonly currency: string
  /** The open hold `unpaid`, while the connection is cut. */
  readonly holdId: number | null
  /** The question of the ban that stands or comes next, e.g. `ban:7:2`; null while nothing is cut. */
  readonly banStep: string | null
  readonly isBanConfirmed: boolean
  readonly leftOn: string | null
}

const CHASED: readonly ChargeKind[] = ['electricity', 'opening', 'bounced', 'final', 'fee', 'instalment', 'water']
/** Those whose arrears may end in a cut. */
const CUTTING: readonly ChargeKind[] = ['electricity', 'opening', 'bounced']

/**
 * Everything the next step depends on, read afresh: debts with their own steps and the terms pinned at their issue, the
 * deposit, what protects the account, whether it is cut. NOT_FOUND for an unknown connection.
 */
export async function readArrears(db: Db | Tx, customerId: string, asOf: string): Promise<Arrears> {
  const account = await db
    .selectFrom('connections')
    .innerJoin('accounts', 'accounts.accountId', 'connections.accountId')
    .select(['accounts.accountId', 'accounts.plant', 'accounts.category', 'currency', 'leftOn'])
    .where('connections.customerId', '=', customerId)
    .executeTakeFirstOrThrow()
  const plant = await readPlant(db, account.plant, asOf)
  const debts = await readDebts(db, account)
  const hold = await unpaidHold(db, customerId)
  const bans = hold === undefined ? [] : await banDecisions(db, customerId, hold.holdId)
  const banDeclinedAt = bans.findLast(({ verdict }) => verdict === 'declined')?.decidedAt
  const state: ArrearsState = {
    debts,
    asOf,
    depositHeldMinor: await balanceOf(db, depositHeld(account.accountId)),
    protections: await readProtections(db, { ...account, customerId }, { plant, debts, asOf }),
    ...(hold !== undefined && { cutAt: hold.placedAt }),
    ...(banDeclinedAt !== undefined && { banDeclinedAt }),
    calendar: { zone: plant.zone, protectedDays: await protectedDays(db, account.plant) },
    policy: plant.policy,
  }
  return {
    state,
    plant,
    accountId: account.accountId,
    customerId,
    currency: account.currency,
    holdId: hold?.holdId ?? null,
    banStep: hold === undefined ? null : `ban:${hold.holdId}:${bans.length + 1}`,
    isBanConfirmed: bans.some(({ verdict }) => verdict === 'confirmed'),
    leftOn: account.leftOn,
  }
}

/** What the cluster in-charge has said to ending the contract for this cut, oldest first. */
function banDecisions(db: Db | Tx, customerId: string, holdId: number): Promise<{ verdict: string; decidedAt: string }[]> {
  return db
    .selectFrom('decisions')
    .select(['verdict', 'decidedAt'])
    .where('workflowId', '=', processIds.collection(customerId))
    .where('step', 'like', `ban:${holdId}:%`)
    .orderBy('decidedAt')
    .execute()
}

/** The hold that a cut for non-payment placed, while it stands. */
export function unpaidHold(
  db: Db | Tx,
  customerId: string,
): Promise<{ holdId: number; placedAt: string; owner: string } | undefined> {
  return db
    .selectFrom('holds')
    .select(['holdId', 'placedAt', 'owner'])
    .where('customerId', '=', customerId)
    .where('reason', '=', 'unpaid')
    .where('liftedAt', 'is', null)
    .orderBy('holdId')
    .limit(1)
    .executeTakeFirst()
}

async function readDebts(db: Db | Tx, account: { accountId: string; plant: string }): Promise<Debt[]> {
  const rows = await db
    .selectFrom('charges')
    .select(['chargeId', 'kind', 'dueOn', 'issuedAt'])
    .select(sql<number>`open_amount(charge_id)`.as('openMinor'))
    .select(
      sql<
        string | null
      >`(select max(a.business_at) from allocations a join payments p using (payment_id) where a.charge_id = charges.charge_id and a.undoes is not null and p.state = 'bounced')`.as(
        'reopenedAt',
      ),
    )
    .where('accountId', '=', account.accountId)
    .where('nature', '=', 'debt')
    .where('kind', 'in', CHASED)
    .where(sql<number>`open_amount(charge_id)`, '>', 0)
    .orderBy('chargeId')
    .execute()
  const steps = await readSteps(
    db,
    rows.map(({ chargeId }) => chargeId),
  )
  const disputes = await disputedPartsOf(db, account.accountId)
  const debts: Debt[] = []
  for (const { chargeId, kind, dueOn, issuedAt, openMinor, reopenedAt } of rows) {
    const disputed = disputes.get(chargeId)
    debts.push({
      chargeId,
      kind: kind as ChargeKind,
      dueOn,
      openMinor,
      ...(reopenedAt !== null && { reopenedAt }),
      ...(disputed !== undefined && { disputed }),
      terms: await termsAtIssue(db, account.plant, issuedAt),
      steps: steps.get(chargeId) ?? [],
    })
  }
  return debts
}

/** Policies are append-only, so the version in force at issue is the one the debt was made under, for ever. */
async function termsAtIssue(db: Db | Tx, plant: string, issuedAt: string): Promise<ChasingTerms> {
  const { zone } = await readPlant(db, plant, issuedAt)
  return (await readPlant(db, plant, dateAt(issuedAt, zone))).policy.chasing
}

/** A notice counts as delivered when its message arrived, or when whoever carried it reports so. */
async function readSteps(db: Db | Tx, chargeIds: readonly number[]): Promise<Map<number, DunningRecord[]>> {
  const byCharge = new Map<number, DunningRecord[]>()
  if (chargeIds.length === 0) return byCharge
  const rows = await db
    .selectFrom('dunningSteps')
    .leftJoin('notifications', 'notifications.notificationId', 'dunningSteps.notificationId')
    .select(['chargeId', 'step', 'decidedAt'])
    .select((eb) => [
      eb.fn.coalesce('dunningSteps.sentAt', 'notifications.sentAt').as('sentAt'),
      eb.fn.coalesce('dunningSteps.deliveredAt', 'notifications.deliveredAt').as('deliveredAt'),
    ])
    .where('chargeId', 'in', chargeIds)
    .orderBy('decidedAt')
    .execute()
  for (const { chargeId, step, decidedAt, sentAt, deliveredAt } of rows) {
    const record: DunningRecord = {
      step: step as DunningStep,
      decidedAt,
      ...(sentAt !== null && { sentAt }),
      ...(deliveredAt !== null && { deliveredAt }),
    }
    byCharge.set(chargeId, [...(byCharge.get(chargeId) ?? []), record])
  }
  return byCharge
}

async function protectedDays(db: Db | Tx, plant: string): Promise<string[]> {
  return (await db.selectFrom('protectedDays').select('day').where('plant', '=', plant).execute()).map(({ day }) => day)
}

interface ProtectionContext {
  readonly plant: PlantTerms
  readonly debts: readonly Debt[]
  readonly asOf: string
}

async function readProtections(
  db: Db | Tx,
  account: { accountId: string; customerId: string; category: string },
  context: ProtectionContext,
): Promise<Protection[]> {
  return [
    ...(await categoryProtections(db, account, context)),
    ...disputeProtections(context.debts),
    ...(await agreementProtections(db, account.accountId, { asOf: context.asOf, zone: context.plant.zone })),
    ...(await uncertainPayments(db, account.accountId)),
    ...(await putOff(db, account.accountId, context)),
  ]
}

async function categoryProtections(
  db: Db | Tx,
  { category, customerId }: { category: string; customerId: string },
  { plant, debts }: ProtectionContext,
): Promise<Protection[]> {
  if (!isProtectedCategory(category, plant.policy.chasing)) return []
  const decided = await db
    .selectFrom('decisions')
    .select(['step', 'verdict'])
    .where('workflowId', '=', processIds.collection(customerId))
    .where('step', 'like', 'protected:%')
    .execute()
  const verdicts = new Map(decided.map(({ step, verdict }) => [step, verdict]))
  return debts.map(({ chargeId }) => ({
    kind: 'protected-category',
    category,
    chargeIds: [chargeId],
    decision: (verdicts.get(`protected:${chargeId}`) ?? 'open') as 'open' | 'cut' | 'keep',
  }))
}

/** A debt that is disputed as a whole; where only a part is, the rest of it goes on being chased. */
function disputeProtections(debts: readonly Debt[]): Protection[] {
  const whole = debts.filter((debt) => chaseableMinor(debt) === 0)
  return whole.length === 0 ? [] : [{ kind: 'dispute', chargeIds: whole.map(({ chargeId }) => chargeId) }]
}

async function uncertainPayments(db: Db | Tx, accountId: string): Promise<Protection[]> {
  const rows = await db
    .selectFrom('payments')
    .select('receivedAt')
    .where('accountId', '=', accountId)
    .where('state', 'in', ['pending', 'unknown'])
    .execute()
  return rows.map(({ receivedAt }) => ({ kind: 'payment-uncertain', since: receivedAt }))
}

/**
 * Half of the overdue paid on one day puts the cut off, once a period: derived from what counts as paid on which day. It outlives the
 * period it was paid in, so the days are read from the beginning of the one in which the earliest that may still hold was.
 */
async function putOff(db: Db | Tx, accountId: string, { plant, asOf }: ProtectionContext): Promise<Protection[]> {
  const { zone, policy } = plant
  const today = dateAt(asOf, zone)
  const { from } = periodContaining(subtractDuration(today, policy.chasing.putOffBy), policy.anchorDay)
  const days = await paidOverdueByDay(db, accountId, { zone, from, today })
  const untilByPeriod = new Map<string, string>()
  for (const day of days) {
    const { key } = periodContaining(day.paidOn, policy.anchorDay)
    const put = putOffByPart({ ...day, usedThisPeriod: untilByPeriod.has(key), terms: policy.chasing })
    if (put !== undefined) untilByPeriod.set(key, put.until)
  }
  return [...untilByPeriod.values()].map((until) => ({ kind: 'put-off', until }))
}

async function paidOverdueByDay(
  db: Db | Tx,
  accountId: string,
  { zone, from, today }: { zone: string; from: string; today: string },
) {
  // The day money counts as paid; what was taken back counts from the day it had counted (billing.md rule 6).
  const rows = await db
    .selectFrom('allocations')
    .innerJoin('charges', 'charges.chargeId', 'allocations.chargeId')
    .leftJoin('payments', 'payments.paymentId', 'allocations.paymentId')
    .leftJoin('allocations as undone', 'undone.allocationId', 'allocations.undoes')
    .select(['allocations.amountMinor', 'dueOn', 'valueDate'])
    .select((eb) => eb.fn.coalesce('undone.businessAt', 'allocations.businessAt').as('businessAt'))
    .where('allocations.accountId', '=', accountId)
    .where('charges.kind', 'in', CUTTING)
    .where('charges.nature', '=', 'debt')
    .execute()
  const open = await db
    .selectFrom('charges')
    .select(sql<number>`open_amount(charge_id)`.as('openMinor'))
    .select('dueOn')
    .where('accountId', '=', accountId)
    .where('kind', 'in', CUTTING)
    .where('nature', '=', 'debt')
    .execute()
  const paid = rows.map((row) => ({ ...row, on: row.valueDate ?? dateAt(row.businessAt, zone) }))
  const days = [
    ...new Set(paid.filter(({ on, dueOn }) => on >= from && on <= today && dueOn < on).map(({ on }) => on)),
  ].toSorted()
  return days.map((paidOn) => {
    const paidMinor = sumOf(paid.filter(({ on, dueOn }) => on === paidOn && dueOn < paidOn))
    const paidSince = sumOf(paid.filter(({ on, dueOn }) => on > paidOn && dueOn < paidOn))
    const stillOpen = open.filter(({ dueOn }) => dueOn < paidOn).reduce((sum, { openMinor }) => sum + openMinor, 0)
    return { paidOn, paidMinor, overdueBeforeMinor: paidMinor + paidSince + stillOpen }
  })
}

function sumOf(rows: readonly { amountMinor: number }[]): number {
  return rows.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
}
