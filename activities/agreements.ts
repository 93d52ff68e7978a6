import type { Db, Tx } from '../db/client.ts'
import { withAccount } from '../db/queries/accounts.ts'
import {
  coveredBy,
  decidePlan,
  markPartReminded,
  movePlan,
  movePromise,
  type PaymentPlan,
  type PaymentPromise,
  plansOf,
  promisesOf,
} from '../db/queries/agreements.ts'
import { type Arrears, readArrears } from '../db/queries/arrears.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { nudge } from '../db/queries/outbox.ts'
import { readDecision } from '../db/queries/processes.ts'
import { addDays, addDuration, atTimeOn, dateAt, latest, startOfDay, subtractDuration } from '../domain/calendar.ts'
import { judgePlan, type PlanStanding, planStep } from '../domain/payment-plan.ts'
import { processIds } from '../domain/process-ids.ts'
import { judgePromise } from '../domain/promise.ts'
import type { Role } from '../domain/roles.ts'
import type { CollectionKey } from './collection.ts'

type Act = (tx: Tx) => Promise<void>

/** What promises and plans need now, found without doing it. */
export interface AgreementWork {
  /** What it is, e.g. `plan-agreed:4`; null where nothing is to be done. */
  readonly act: string | null
  /** When a part must be reminded of, or judged. */
  readonly lookAgainAt: string | null
  /** The plan that waits to be decided, and by whom. */
  readonly asks: { readonly step: string; readonly of: Role } | null
}

type Planned = AgreementWork & { readonly run: Act | undefined }

const NOTHING: Planned = { act: null, lookAgainAt: null, asks: null, run: undefined }

/** What was agreed with a customer who owes, kept in step with what was paid (billing.md rules 19 and 21). */
export function createAgreementActivities({ db }: { db: Db }) {
  return {
    /** Carries out what was decided of a plan, reminds of its next part, and says whether promises and plans are kept or broken. */
    keepAgreements: (key: CollectionKey): Promise<void> =>
      withAccount(db, key.accountId, async (tx) => {
        const arrears = await readArrears(tx, key.customerId, key.asOf)
        const { run } = await agreementWork(tx, arrears)
        if (run === undefined) return
        await run(tx)
        await nudge(tx, `account:${key.accountId}`)
      }),
  }
}

/** The first thing to be done for the agreements of an account; one at a time, so that each is seen. */
export async function agreementWork(db: Db | Tx, arrears: Arrears): Promise<Planned> {
  const plan = await planWork(db, arrears)
  if (plan.run !== undefined) return plan
  const promise = await promiseWork(db, arrears)
  return promise.run === undefined ? { ...plan, lookAgainAt: earlier(plan.lookAgainAt, promise.lookAgainAt) } : promise
}

async function promiseWork(db: Db | Tx, arrears: Arrears): Promise<Planned> {
  const { plant, state } = arrears
  const promise = (await promisesOf(db, arrears.accountId)).at(-1)
  // A kept one stays kept; a broken one may turn out to have been kept, by money that was told of late.
  if (promise === undefined || promise.state === 'kept') return NOTHING
  const covered = await coveredBy(db, { chargeIds: promise.chargeIds, zone: plant.zone })
  const verdict = judgePromise(promise, covered, dateAt(state.asOf, plant.zone))
  if (verdict === promise.state)
    return verdict === 'open' ? { ...NOTHING, lookAgainAt: startOfDay(addDays(promise.promisedFor, 1), plant.zone) } : NOTHING
  if (verdict === 'open') return NOTHING
  return {
    ...NOTHING,
    act: `promise-${verdict}:${promise.promiseId}`,
    run: async (tx) => {
      await movePromise(tx, promise.promiseId, { state: verdict, endedAt: state.asOf })
      if (verdict === 'broken') await tellPromiseBroken(tx, arrears, { promise, remainingMinor: covered.openMinor })
    },
  }
}

async function tellPromiseBroken(
  tx: Tx,
  { accountId, customerId, currency, state }: Arrears,
  { promise, remainingMinor }: { promise: PaymentPromise; remainingMinor: number },
): Promise<void> {
  const params = { customerId, remainingMinor, currency, promisedFor: promise.promisedFor }
  const dedupeKey = `promise-broken:${promise.promiseId}`
  await queueNotice(tx, { accountId, kind: 'promise-broken', dedupeKey, asOf: state.asOf, params })
}

async function planWork(db: Db | Tx, arrears: Arrears): Promise<Planned> {
  const { plant, state, customerId } = arrears
  const plan = (await plansOf(db, arrears.accountId)).at(-1)
  if (plan === undefined || plan.state === 'refused' || plan.state === 'kept') return NOTHING
  if (plan.state === 'proposed') return decisionWork(db, arrears, { plan, workflowId: processIds.collection(customerId) })
  const covered = await coveredBy(db, { chargeIds: plan.chargeIds, zone: plant.zone })
  const standing = judgePlan(plan.parts, covered, dateAt(state.asOf, plant.zone))
  if (standing.state !== plan.state) {
    return {
      ...NOTHING,
      act: `plan-${standing.state}:${plan.planId}`,
      run: (tx) => noteStanding(tx, arrears, { plan, standing, openMinor: covered.openMinor }),
    }
  }
  return standing.state === 'agreed' ? nextPartWork(arrears, { plan, standing }) : NOTHING
}

async function decisionWork(
  db: Db | Tx,
  arrears: Arrears,
  { plan, workflowId }: { plan: PaymentPlan; workflowId: string },
): Promise<Planned> {
  const step = planStep(plan.planId)
  const decided = await readDecision(db, workflowId, step)
  if (decided === undefined) return { ...NOTHING, asks: { step, of: plan.approver } }
  const isAgreed = decided.verdict === 'agreed'
  return {
    ...NOTHING,
    act: `plan-decided:${plan.planId}`,
    run: async (tx) => {
      await decidePlan(tx, plan.planId, { isAgreed, by: decided.decidedBy, at: decided.decidedAt })
      await tellDecided(tx, arrears, { plan, isAgreed })
    },
  }
}

async function tellDecided(
  tx: Tx,
  { accountId, customerId, currency, state }: Arrears,
  { plan, isAgreed }: { plan: PaymentPlan; isAgreed: boolean },
): Promise<void> {
  const to = { accountId, asOf: state.asOf }
  const params = { customerId, remainingMinor: plan.totalMinor, currency }
  if (!isAgreed) {
    await queueNotice(tx, { ...to, kind: 'plan-refused', dedupeKey: `plan-refused:${plan.planId}`, params })
    return
  }
  const parts = plan.parts.map(({ dueOn, amountMinor }) => ({ dueOn, amountMinor }))
  await queueNotice(tx, { ...to, kind: 'plan-agreed', dedupeKey: `plan-agreed:${plan.planId}`, params: { ...params, parts } })
}

/** Broken: nothing holds off the next step any more, and the customer is told. It may be on again by money that was told of late. */
async function noteStanding(
  tx: Tx,
  { accountId, customerId, currency, state }: Arrears,
  { plan, standing, openMinor }: { plan: PaymentPlan; standing: PlanStanding; openMinor: number },
): Promise<void> {
  const { planId } = plan
  await movePlan(tx, planId, { state: standing.state, endedAt: standing.state === 'agreed' ? null : state.asOf })
  if (standing.state !== 'broken') return
  const part = plan.parts[standing.part - 1]
  await queueNotice(tx, {
    accountId,
    kind: 'plan-broken',
    dedupeKey: `plan-broken:${planId}:${standing.part}`,
    asOf: state.asOf,
    params: { customerId, remainingMinor: openMinor, currency, dueOn: part?.dueOn ?? '' },
  })
}

/** Before each part its payer is reminded, as before a bill. */
function nextPartWork(
  { plant, state, accountId, customerId, currency }: Arrears,
  { plan, standing }: { plan: PaymentPlan; standing: PlanStanding & { state: 'agreed' } },
): Planned {
  const { chasing } = plant.policy
  const { part, next, missingMinor } = standing
  const endsAt = startOfDay(addDays(next.dueOn, 1), plant.zone)
  const agreedOn = dateAt(plan.decidedAt ?? plan.proposedAt, plant.zone)
  const remindOn = latest(subtractDuration(next.dueOn, chasing.remindBefore), addDuration(agreedOn, 'P1D'))
  const isToBeReminded = plan.parts[part - 1]?.remindedAt === null && remindOn <= next.dueOn
  const remindAt = atTimeOn(remindOn, chasing.sendFrom, plant.zone)
  if (!isToBeReminded) return { ...NOTHING, lookAgainAt: endsAt }
  if (state.asOf < remindAt) return { ...NOTHING, lookAgainAt: remindAt }
  return {
    ...NOTHING,
    act: `plan-reminded:${plan.planId}:${part}`,
    run: async (tx) => {
      await markPartReminded(tx, { planId: plan.planId, part, asOf: state.asOf })
      await queueNotice(tx, {
        accountId,
        kind: 'plan-part-due',
        dedupeKey: `plan-part-due:${plan.planId}:${part}`,
        asOf: state.asOf,
        params: { customerId, remainingMinor: missingMinor, currency, dueOn: next.dueOn, part, parts: plan.parts.length },
      })
    },
  }
}

function earlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b
  return a < b ? a : b
}
