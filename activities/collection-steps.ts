import type { Tx } from '../db/client.ts'
import type { Arrears } from '../db/queries/arrears.ts'
import { issueCharge } from '../db/queries/charges.ts'
import { drawDeposit } from '../db/queries/deposits.ts'
import { carryStep, recordSteps, sendStepNotice, type TakenStep } from '../db/queries/dunning.ts'
import { takeNumbers } from '../db/queries/numbers.ts'
import { nudge } from '../db/queries/outbox.ts'
import { openTask, tellRole } from '../db/queries/tasks.ts'
import { decideUnpaidHold, placeUnpaidHold } from '../db/queries/unpaid-hold.ts'
import type { NextStep, StepOfDebt } from '../domain/arrears.ts'
import { addDuration, addToInstant, dateAt, daysBetween } from '../domain/calendar.ts'
import { firstCutMoment } from '../domain/chasing-calendar.ts'
import { chaseableMinor, overdueMinor } from '../domain/debt.ts'
import { depositParts, restorePartSource } from '../domain/deposit.ts'
import { Contradiction } from '../domain/errors.ts'
import { nextPeriod, periodContaining } from '../domain/period.ts'
import { processIds } from '../domain/process-ids.ts'
import type { InArrears } from './collection.ts'

type StepOf<K extends NextStep['kind']> = NextStep & { readonly kind: K }
type Take<K extends NextStep['kind']> = (tx: Tx, on: InArrears, step: StepOf<K>) => Promise<boolean>

/** One act a kind of step; each writes its step rows in the same transaction. */
const TAKE: { readonly [K in NextStep['kind']]: Take<K> } = {
  none: () => Promise.resolve(false),
  wait: () => Promise.resolve(false),
  remind,
  notice,
  visit,
  warn,
  cut,
  reconnect,
  ban,
  'ask-state': askState,
  'deposit-notice': announceDeposit,
  'deposit-draw': draw,
}

/** Takes a step that was found due under the account's lock. Returns whether anything was done. */
export function takeStep<K extends NextStep['kind']>(tx: Tx, on: InArrears, step: StepOf<K>): Promise<boolean> {
  return (TAKE[step.kind] as Take<K>)(tx, on, step)
}

async function remind(tx: Tx, { arrears, account }: InArrears, { steps }: StepOf<'remind'>): Promise<boolean> {
  const { debt, today } = firstDebt(arrears, steps)
  const params = {
    customerId: arrears.customerId,
    remainingMinor: openOf(arrears, steps),
    currency: arrears.currency,
    dueOn: debt.dueOn,
  }
  const base = { accountId: account.accountId, asOf: arrears.state.asOf, dedupeKey: keyOf(steps) }
  const carry = carrying(arrears, account.accountId, steps)
  const sent =
    today < debt.dueOn
      ? await sendStepNotice(
          tx,
          { ...base, kind: 'due-soon-reminder', params: { ...params, daysLeft: daysBetween(today, debt.dueOn) } },
          carry,
        )
      : await sendStepNotice(tx, { ...base, kind: 'due-today-reminder', params }, carry)
  return taken(tx, { steps, asOf: arrears.state.asOf, ...sent })
}

async function notice(tx: Tx, { arrears, account }: InArrears, { steps }: StepOf<'notice'>): Promise<boolean> {
  const { state, plant, customerId, currency } = arrears
  const { debt, today } = firstDebt(arrears, steps)
  const notBefore =
    [addDuration(debt.dueOn, debt.terms.cutAfter), addDuration(today, `P${debt.terms.clearDaysAfterNotice + 1}D`)]
      .toSorted()
      .at(-1) ?? today
  const series = `${plant.plant}-N`
  const noticeNumber = `${series}-${String(await takeNumbers(tx, series, 1)).padStart(6, '0')}`
  const sent = await sendStepNotice(
    tx,
    {
      accountId: account.accountId,
      asOf: state.asOf,
      dedupeKey: keyOf(steps),
      kind: 'disconnection-notice',
      params: { customerId, remainingMinor: overdueOrOpen(arrears, steps), currency, noticeNumber, dueOn: debt.dueOn, notBefore },
    },
    carrying(arrears, account.accountId, steps),
  )
  return taken(tx, { steps, asOf: state.asOf, ...sent })
}

async function visit(tx: Tx, { arrears, account }: InArrears, { steps }: StepOf<'visit'>): Promise<boolean> {
  const { state, plant, customerId } = arrears
  const task = await openTask(tx, {
    plant: plant.plant,
    kind: 'collection-visit',
    accountId: account.accountId,
    customerId,
    asOf: state.asOf,
    source: { workflowId: processIds.collection(customerId), step: keyOf(steps) },
    detail: { overdueMinor: overdueOrOpen(arrears, steps), currency: arrears.currency },
    dueAt: addToInstant(state.asOf, plant.policy.tasks.targets['collection-visit'], plant.zone),
  })
  return taken(tx, { steps, asOf: state.asOf, taskId: task.taskId })
}

async function warn(tx: Tx, { arrears, account }: InArrears, { steps }: StepOf<'warn'>): Promise<boolean> {
  const { state, plant, customerId, currency } = arrears
  const { debt, today } = firstDebt(arrears, steps)
  const tomorrow = addToInstant(state.asOf, debt.terms.warnBefore, plant.zone)
  const cutOn = dateAt(firstCutMoment(tomorrow, debt.terms, state.calendar) ?? tomorrow, plant.zone)
  const sent = await sendStepNotice(
    tx,
    {
      accountId: account.accountId,
      asOf: state.asOf,
      dedupeKey: keyOf(steps),
      kind: 'disconnection-warning',
      params: { customerId, remainingMinor: overdueMinor(state.debts, today), currency, cutOn },
    },
    carrying(arrears, account.accountId, steps),
  )
  return taken(tx, { steps, asOf: state.asOf, ...sent })
}

/** Asks the state in-charge about a hospital, a school, street lights or a medical need, once a debt. */
async function askState(tx: Tx, { arrears }: InArrears, { steps }: StepOf<'ask-state'>): Promise<boolean> {
  await ask(tx, arrears, { role: 'state-in-charge', decision: 'protected-cut', key: keyOf(steps) })
  return taken(tx, { steps, asOf: arrears.state.asOf })
}

async function cut(tx: Tx, { arrears }: InArrears, { steps }: StepOf<'cut'>): Promise<boolean> {
  const placed = await placeUnpaidHold(tx, arrears)
  if (placed === undefined) return false
  await nudge(tx, `account:${arrears.accountId}`)
  return taken(tx, { steps, asOf: arrears.state.asOf })
}

/** Nothing is overdue any more though no payment said so (a credit note, a voided charge): the hold goes. */
async function reconnect(tx: Tx, { arrears, account }: InArrears): Promise<boolean> {
  await decideUnpaidHold(tx, { account, asOf: arrears.state.asOf, zone: arrears.plant.zone, policy: arrears.plant.policy })
  return true
}

async function announceDeposit(
  tx: Tx,
  { arrears, account }: InArrears,
  { steps, amountMinor }: StepOf<'deposit-notice'>,
): Promise<boolean> {
  const { state, plant, customerId, currency } = arrears
  const { debt, today } = firstDebt(arrears, steps)
  const drawOn = addDuration(today, debt.terms.depositDrawnNotice)
  const params = { customerId, remainingMinor: overdueMinor(state.debts, today), currency, depositMinor: amountMinor, drawOn }
  const sent = await sendStepNotice(
    tx,
    { accountId: account.accountId, asOf: state.asOf, dedupeKey: keyOf(steps), kind: 'deposit-draw-announced', params },
    carrying({ ...arrears, plant }, account.accountId, steps),
  )
  return taken(tx, { steps, asOf: state.asOf, ...sent })
}

/** The deposit pays what is overdue, as far as it goes, and is asked for again in parts (policy "deposit drawn"). */
async function draw(tx: Tx, { arrears, account }: InArrears, { steps, amountMinor }: StepOf<'deposit-draw'>): Promise<boolean> {
  const { state, plant, customerId, currency } = arrears
  const { zone, policy } = plant
  const today = dateAt(state.asOf, zone)
  await taken(tx, { steps, asOf: state.asOf })
  await drawDeposit(tx, { account, asOf: state.asOf, zone }, { amountMinor })
  await askDepositAgain(tx, { arrears, account }, { chargeId: steps[0]?.chargeId ?? 0, amountMinor })
  const params = {
    customerId,
    remainingMinor: Math.max(0, overdueMinor(state.debts, today) - amountMinor),
    currency,
    drawnMinor: amountMinor,
    depositLeftMinor: state.depositHeldMinor - amountMinor,
  }
  await sendStepNotice(
    tx,
    { accountId: account.accountId, asOf: state.asOf, dedupeKey: keyOf(steps), kind: 'deposit-drawn', params },
    carrying(arrears, account.accountId, steps),
  )
  await decideUnpaidHold(tx, { account, asOf: state.asOf, zone, policy })
  return true
}

/** In as many parts as the policy allows, one with each of the next bills: it stands on that bill, and nothing goes to it before. */
async function askDepositAgain(
  tx: Tx,
  { arrears: { state, plant, currency }, account }: InArrears,
  { chargeId, amountMinor }: { chargeId: number; amountMinor: number },
): Promise<void> {
  const { zone, policy } = plant
  const parts = depositParts({ dueMinor: amountMinor, parts: policy.deposit.maxParts, currency, policy })
  let period = periodContaining(dateAt(state.asOf, zone), policy.anchorDay)
  for (const [index, part] of parts.entries()) {
    period = nextPeriod(period, policy.anchorDay)
    const dueOn = addDuration(period.from, policy.postpaid.dueAfter)
    const charge = {
      kind: 'deposit',
      source: restorePartSource({ chargeId, part: index + 1 }),
      amountMinor: part,
      dueOn,
    } as const
    if (part > 0) await issueCharge(tx, { account, asOf: state.asOf }, charge)
  }
}

/** Sixty days dark: the cluster in-charge is asked whether the contract ends (policy "ban, close"). */
async function ban(tx: Tx, { arrears }: InArrears, { steps }: StepOf<'ban'>): Promise<boolean> {
  await ask(tx, arrears, { role: 'cluster-in-charge', decision: 'ban', key: keyOf(steps) })
  return taken(tx, { steps, asOf: arrears.state.asOf })
}

async function ask(
  tx: Tx,
  { state, plant, customerId }: Arrears,
  { role, decision, key }: { role: string; decision: 'protected-cut' | 'ban'; key: string },
): Promise<void> {
  const decideBy = dateAt(addToInstant(state.asOf, plant.policy.packageChange.approveWithin, plant.zone), plant.zone)
  const params = { decision, requestId: customerId, plantCode: plant.plant, subjectId: customerId, decideBy }
  await tellRole(tx, { plant: plant.plant, role }, { kind: 'decision-needed', params, dedupeKey: `ask:${key}`, asOf: state.asOf })
}

async function taken(tx: Tx, step: TakenStep): Promise<boolean> {
  await recordSteps(tx, step)
  return true
}

function firstDebt({ state, plant }: Arrears, steps: readonly StepOfDebt[]) {
  const debt = state.debts.find(({ chargeId }) => chargeId === steps[0]?.chargeId)
  if (debt === undefined) throw new Contradiction('a step without its debt')
  return { debt, today: dateAt(state.asOf, plant.zone) }
}

function openOf({ state }: Arrears, steps: readonly StepOfDebt[]): number {
  const chargeIds = new Set(steps.map(({ chargeId }) => chargeId))
  return state.debts.filter(({ chargeId }) => chargeIds.has(chargeId)).reduce((sum, debt) => sum + chaseableMinor(debt), 0)
}

function overdueOrOpen(arrears: Arrears, steps: readonly StepOfDebt[]): number {
  return overdueMinor(arrears.state.debts, dateAt(arrears.state.asOf, arrears.plant.zone)) || openOf(arrears, steps)
}

function keyOf(steps: readonly StepOfDebt[]): string {
  return `dunning:${steps.map(({ chargeId, step }) => `${chargeId}.${step}`).join('+')}`
}

function carrying({ plant, state, customerId }: Arrears, accountId: string, steps: readonly StepOfDebt[]) {
  return {
    plant: plant.plant,
    accountId,
    customerId,
    source: { workflowId: processIds.collection(customerId), step: carryStep(keyOf(steps)) },
    dueAt: addToInstant(state.asOf, plant.policy.tasks.targets['written-notice'], plant.zone),
  }
}
