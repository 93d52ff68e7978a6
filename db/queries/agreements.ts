import { sql } from 'kysely'
import { type PlanPart } from '../../domain/payment-plan.ts'
import type { Covered } from '../../domain/promise.ts'
import type { Role } from '../../domain/roles.ts'
import type { Db, Tx } from '../client.ts'

/** A day by which somebody said they would pay. */
export interface PaymentPromise {
  readonly promiseId: number
  readonly accountId: string
  readonly chargeIds: readonly number[]
  readonly amountMinor: number
  readonly promisedFor: string
  readonly takenBy: string
  readonly takenAt: string
  readonly state: 'open' | 'kept' | 'broken'
  readonly endedAt: string | null
}

/** Several days, each with its part. */
export interface PaymentPlan {
  readonly planId: number
  readonly accountId: string
  readonly chargeIds: readonly number[]
  readonly totalMinor: number
  readonly parts: readonly (PlanPart & { readonly remindedAt: string | null })[]
  readonly proposedBy: string
  readonly proposedAt: string
  /** Who may agree to it. */
  readonly approver: Role
  readonly state: 'proposed' | 'refused' | 'agreed' | 'kept' | 'broken'
  readonly decidedBy: string | null
  readonly decidedAt: string | null
  readonly endedAt: string | null
}

/** Promises of an account, oldest first. */
export async function promisesOf(db: Db | Tx, accountId: string): Promise<PaymentPromise[]> {
  const rows = await db
    .selectFrom('promises')
    .select(['promiseId', 'accountId', 'chargeIds', 'amountMinor', 'promisedFor', 'takenBy', 'takenAt', 'state', 'endedAt'])
    .where('accountId', '=', accountId)
    .orderBy('promiseId')
    .execute()
  return rows.map(withNumbers) as unknown as PaymentPromise[]
}

/** Plans of an account with their parts, oldest first. */
export async function plansOf(db: Db | Tx, accountId: string): Promise<PaymentPlan[]> {
  const rows = await db.selectFrom('paymentPlans').selectAll().where('accountId', '=', accountId).orderBy('planId').execute()
  if (rows.length === 0) return []
  const parts = await db
    .selectFrom('paymentPlanParts')
    .selectAll()
    .where(
      'planId',
      'in',
      rows.map(({ planId }) => planId),
    )
    .orderBy('part')
    .execute()
  return rows.map(({ recordedAt: _at, ...row }) => ({
    ...withNumbers(row),
    parts: parts
      .filter(({ planId }) => planId === row.planId)
      .map(({ dueOn, amountMinor, remindedAt }) => ({ dueOn, amountMinor, remindedAt })),
  })) as unknown as PaymentPlan[]
}

/** A plan by its number, if there is one. */
export async function findPlan(db: Db | Tx, planId: number): Promise<PaymentPlan | undefined> {
  const row = await db.selectFrom('paymentPlans').select('accountId').where('planId', '=', planId).executeTakeFirst()
  return row && (await plansOf(db, row.accountId)).find((plan) => plan.planId === planId)
}

/** What stands of the debts an agreement covers, with the days on which money counts as paid. */
export async function coveredBy(
  db: Db | Tx,
  { chargeIds, zone }: { chargeIds: readonly number[]; zone: string },
): Promise<Covered> {
  const { rows } = await sql<{ openMinor: number }>`
    select coalesce(sum(open_amount(charge_id)), 0)::bigint as "openMinor" from charges where charge_id = any(${chargeIds}::bigint[])`.execute(
    db,
  )
  const paid = await sql<{ on: string; amountMinor: number }>`
    select coalesce(p.value_date, (coalesce(u.business_at, a.business_at) at time zone ${zone})::date) as "on", a.amount_minor as "amountMinor"
    from allocations a left join payments p using (payment_id) left join allocations u on u.allocation_id = a.undoes
    where a.charge_id = any(${chargeIds}::bigint[])`.execute(db)
  return { openMinor: rows[0]?.openMinor ?? 0, paid: paid.rows }
}

export interface NewPromise {
  readonly accountId: string
  readonly chargeIds: readonly number[]
  readonly amountMinor: number
  readonly promisedFor: string
  readonly takenBy: string
  readonly asOf: string
}

/** Keeps a promise; undefined while another one is open. */
export async function insertPromise(tx: Tx, { asOf, chargeIds, ...promise }: NewPromise): Promise<number | undefined> {
  const row = await tx
    .insertInto('promises')
    .values({ ...promise, chargeIds: [...chargeIds], takenAt: asOf })
    .onConflict((c) => c.column('accountId').where('state', '=', 'open').doNothing())
    .returning('promiseId')
    .executeTakeFirst()
  return row?.promiseId
}

/** Says how a promise stands. */
export async function movePromise(
  tx: Tx,
  promiseId: number,
  { state, endedAt }: { state: PaymentPromise['state']; endedAt: string | null },
): Promise<void> {
  await tx.updateTable('promises').set({ state, endedAt }).where('promiseId', '=', promiseId).execute()
}

export interface NewPlan {
  readonly accountId: string
  readonly chargeIds: readonly number[]
  readonly totalMinor: number
  readonly parts: readonly PlanPart[]
  readonly proposedBy: string
  readonly approver: Role
  readonly asOf: string
}

/** Keeps a proposed plan; undefined while another one is proposed or agreed. */
export async function insertPlan(tx: Tx, { asOf, chargeIds, parts, ...plan }: NewPlan): Promise<number | undefined> {
  const row = await tx
    .insertInto('paymentPlans')
    .values({ ...plan, chargeIds: [...chargeIds], proposedAt: asOf })
    .onConflict((c) => c.column('accountId').where('state', 'in', ['proposed', 'agreed']).doNothing())
    .returning('planId')
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { planId } = row
  await tx
    .insertInto('paymentPlanParts')
    .values(parts.map(({ dueOn, amountMinor }, index) => ({ planId, part: index + 1, dueOn, amountMinor })))
    .execute()
  return planId
}

/** Somebody of the right level decided. */
export async function decidePlan(
  tx: Tx,
  planId: number,
  { isAgreed, by, at }: { isAgreed: boolean; by: string; at: string },
): Promise<void> {
  await tx
    .updateTable('paymentPlans')
    .set({ state: isAgreed ? 'agreed' : 'refused', decidedBy: by, decidedAt: at, endedAt: isAgreed ? null : at })
    .where('planId', '=', planId)
    .where('state', '=', 'proposed')
    .execute()
}

/** Says how an agreed plan stands. */
export async function movePlan(
  tx: Tx,
  planId: number,
  { state, endedAt }: { state: 'agreed' | 'kept' | 'broken'; endedAt: string | null },
): Promise<void> {
  await tx.updateTable('paymentPlans').set({ state, endedAt }).where('planId', '=', planId).execute()
}

/** The customer was reminded of this part. */
export async function markPartReminded(
  tx: Tx,
  { planId, part, asOf }: { planId: number; part: number; asOf: string },
): Promise<void> {
  await tx
    .updateTable('paymentPlanParts')
    .set({ remindedAt: asOf })
    .where('planId', '=', planId)
    .where('part', '=', part)
    .where('remindedAt', 'is', null)
    .execute()
}

/** Arrays of int8 come from the driver as texts. */
function withNumbers<T extends { chargeIds: unknown }>(row: T): T {
  return { ...row, chargeIds: (row.chargeIds as readonly unknown[]).map(Number) }
}
