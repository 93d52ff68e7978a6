import { mayLeadToCut } from '../../domain/charge.ts'
import { dateAt } from '../../domain/calendar.ts'
import { DomainError } from '../../domain/errors.ts'
import { assertPlan, planDecision, type PlanPart } from '../../domain/payment-plan.ts'
import { approvalChain } from '../../domain/approvals.ts'
import { processIds } from '../../domain/process-ids.ts'
import { assertPromise } from '../../domain/protection.ts'
import type { Role } from '../../domain/roles.ts'
import type { Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'
import { insertPlan, insertPromise, type PaymentPlan, type PaymentPromise, plansOf, promisesOf } from './agreements.ts'
import { type ChargeState, readCharges } from './charges.ts'
import { queueNotice } from './notices.ts'
import { nudge, startWorkflow } from './outbox.ts'
import type { PlantTerms } from './plants.ts'
import { openHolds } from './supply.ts'
import { tellRole } from './tasks.ts'

interface Agreeing {
  readonly account: LockedAccount
  readonly plant: PlantTerms
  readonly asOf: string
  readonly by: string
  readonly role: Role
}

/**
 * Takes a customer's promise to pay what is open now by a day (policy "put off"): it covers those debts and no later one. NOT_PERMITTED
 * or INVALID_INPUT where the role may not, ALREADY_EXISTS beside another agreement, WRONG_STAGE where nothing is owed or the supply is
 * off already: then it returns when nothing is overdue. The caller holds the account lock.
 */
export async function takePromise(
  tx: Tx,
  { account, plant, asOf, by, role }: Agreeing,
  promisedFor: string,
): Promise<PaymentPromise> {
  const { accountId, currency } = account
  const customerId = await chasedCustomer(tx, account)
  const debts = await debtsThatCut(tx, account)
  const chargeIds = debts.map(({ chargeId }) => chargeId)
  const earlier = await promisesOf(tx, accountId)
  const promisesOfBill = earlier.filter((promise) => promise.chargeIds.some((chargeId) => chargeIds.includes(chargeId))).length
  assertPromise({ role, today: dateAt(asOf, plant.zone), until: promisedFor, promisesOfBill, terms: plant.policy.chasing })
  await assertNoPlan(tx, accountId)
  const amountMinor = openOf(debts)
  const promiseId = await insertPromise(tx, { accountId, chargeIds, amountMinor, promisedFor, takenBy: by, asOf })
  if (promiseId === undefined) throw new DomainError('ALREADY_EXISTS', 'A promise of this account is open')
  await queueNotice(tx, {
    accountId,
    kind: 'promise-noted',
    dedupeKey: `promise-noted:${promiseId}`,
    asOf,
    params: { customerId, remainingMinor: amountMinor, currency, promisedFor },
  })
  await chaseWith(tx, account, customerId)
  return (await promisesOf(tx, accountId)).find((promise) => promise.promiseId === promiseId) as PaymentPromise
}

/**
 * Proposes that what is open now is paid in parts, and asks whose it is to agree. The refusals of {@link takePromise}, and those of the
 * plan itself. Until it is agreed it holds off nothing: silence never approves. The caller holds the account lock.
 */
export async function proposePlan(
  tx: Tx,
  { account, plant, asOf, by }: Agreeing,
  parts: readonly PlanPart[],
): Promise<PaymentPlan> {
  const { accountId } = account
  const customerId = await chasedCustomer(tx, account)
  const debts = await debtsThatCut(tx, account)
  const terms = plant.policy.chasing
  const totalMinor = openOf(debts)
  assertPlan({ parts, debtMinor: totalMinor, today: dateAt(asOf, plant.zone), terms })
  const chargeIds = debts.map(({ chargeId }) => chargeId)
  const isBrokenBefore = (await plansOf(tx, accountId)).some(
    (plan) => plan.state === 'broken' && plan.chargeIds.some((chargeId) => chargeIds.includes(chargeId)),
  )
  const decision = planDecision({ parts: parts.length, isBrokenBefore }, terms)
  const [approver = 'state-in-charge'] = approvalChain({ decision }, plant.policy)
  const planId = await insertPlan(tx, { accountId, chargeIds, totalMinor, parts, proposedBy: by, approver, asOf })
  if (planId === undefined) throw new DomainError('ALREADY_EXISTS', 'A plan of this account is proposed or agreed')
  const subject = { requestId: customerId, plantCode: account.plant, subjectId: customerId, decideBy: dateAt(asOf, plant.zone) }
  await tellRole(
    tx,
    { plant: account.plant, role: approver },
    { kind: 'decision-needed', params: { decision, ...subject }, dedupeKey: `ask:plan:${planId}`, asOf },
  )
  await chaseWith(tx, account, customerId)
  return (await plansOf(tx, accountId)).find((plan) => plan.planId === planId) as PaymentPlan
}

async function chasedCustomer(tx: Tx, { customerId }: LockedAccount): Promise<string> {
  if (customerId === null) throw new DomainError('WRONG_STAGE', 'There is no connection yet that could be cut')
  const isCut = (await openHolds(tx, customerId)).some(({ reason }) => reason === 'unpaid')
  if (isCut) throw new DomainError('WRONG_STAGE', 'The supply is off already: it returns when nothing is overdue')
  return customerId
}

/** What is open and may end in a cut, if any of it is past due or about to be: all of it, so that the whole is agreed on. */
async function debtsThatCut(tx: Tx, { accountId }: LockedAccount): Promise<ChargeState[]> {
  const open = await readCharges(tx, accountId, { onlyOpen: true })
  const debts = open.filter(({ nature, kind }) => nature === 'debt' && mayLeadToCut({ nature, kind }))
  if (debts.length === 0) throw new DomainError('WRONG_STAGE', 'Nothing is owed for which supply may be cut')
  return debts
}

async function assertNoPlan(tx: Tx, accountId: string): Promise<void> {
  if ((await plansOf(tx, accountId)).some(({ state }) => state === 'agreed'))
    throw new DomainError('ALREADY_EXISTS', 'A payment plan of this account is agreed')
}

function openOf(debts: readonly ChargeState[]): number {
  return debts.reduce((sum, { openMinor }) => sum + openMinor, 0)
}

async function chaseWith(tx: Tx, { plant, accountId }: LockedAccount, customerId: string): Promise<void> {
  const workflowId = processIds.collection(customerId)
  await startWorkflow(tx, { workflowType: 'collectDues', workflowId, input: { plant, accountId, customerId } })
  await nudge(tx, `account:${accountId}`)
}
