import { parse } from 'csv-parse/sync'
import { readFileSync } from 'node:fs'
import { inTransaction, withAccount } from '../../db/queries/accounts.ts'
import { importStatement } from '../../db/queries/bank-statements.ts'
import { declareDeposit } from '../../db/queries/cash-deposits.ts'
import { openClosure } from '../../db/queries/closures.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { openRefundOf } from '../../db/queries/refunds.ts'
import { openTask } from '../../db/queries/tasks.ts'
import { addDays, addToInstant, dateAt } from '../../domain/calendar.ts'
import { processIds } from '../../domain/process-ids.ts'
import { approve, confirmWork, reject } from '../../workflows/change-package.ts'
import { approveClosingRefund, payClosingRefund } from '../../workflows/close-account.ts'
import { returnDeposit, verifyDeposit } from '../../workflows/deposit-cash.ts'
import type { DecisionInput, DecisionUpdate } from '../../workflows/decisions.ts'
import { approveTask, assignTask, completeTask, rejectTask } from '../../workflows/do-field-task.ts'
import { approveRefund, payRefund, withdraw } from '../../workflows/onboarding-decisions.ts'
import { matchPayment } from '../../workflows/receive-payment.ts'
import { applicants } from '../support/applicants.ts'
import { watchForDueBilling } from '../support/billing.ts'
import { putCash } from '../support/cash.ts'
import { connectCustomer, type ConnectedCustomer, type CustomerWish, payInCash } from '../support/connections.ts'
import { packageDesk } from '../support/package-changes.ts'
import { hear } from '../support/payers.ts'
import { PLANT, type Village, ZONE } from '../support/village.ts'
import { correcting } from './correcting-story.ts'
import { payingOut } from './paying-out-story.ts'
import { pricing } from './pricing-story.ts'
import { reviewing } from './reviewing-story.ts'

/** What a run lived through, by the name its history is saved under. */
export type Stories = Readonly<Record<string, string>>

const AUGUST = '2026-07-31T18:30:00.000Z' // midnight of 1 August in Katsa

/** Lives through at least one story of every workflow, with the village's own names and phones, and says which run was which. */
export async function liveStories(katsa: Village): Promise<Stories> {
  const cast = await gather(katsa)
  await watchForDueBilling(katsa)
  const stories = {
    ...(await joining(katsa)),
    ...(await paying(katsa, cast.changes)),
    ...(await changing(katsa, cast.changes)),
    ...(await working(katsa)),
  }
  await katsa.start('collectDues', processIds.collection(cast.owes.customerId), { plant: PLANT, ...idsOf(cast.owes) })
  const corrected = await correcting(katsa, cast.disputes)
  const left = await leaving(katsa, cast.leaves)
  const reviewed = await reviewing(katsa)
  const months = await monthPasses(katsa, cast)
  return {
    ...stories,
    ...corrected,
    ...left,
    ...reviewed,
    ...months,
    ...(await banking(katsa)),
    ...(await proving(katsa)),
    ...(await pricing(katsa)),
    ...(await payingOut(katsa)),
  }
}

interface Cast {
  readonly owes: ConnectedCustomer
  readonly changes: ConnectedCustomer
  readonly leaves: ConnectedCustomer
  readonly isRead: ConnectedCustomer
  readonly paysAhead: ConnectedCustomer
  readonly disputes: ConnectedCustomer
  readonly isReviewed: ConnectedCustomer
}

async function gather(katsa: Village): Promise<Cast> {
  return {
    owes: await called(katsa, 0, { openingDues: { amountMinor: 45_700, dueOn: '2026-07-05' } }),
    changes: await called(katsa, 1, {}),
    leaves: await called(katsa, 2, {}),
    isRead: await called(katsa, 3, { meterKind: 'conventional' }),
    disputes: await called(katsa, 5, { meterKind: 'conventional' }),
    isReviewed: await called(katsa, 6, { packageCode: 'A1.1', depositMinor: 5_000, connectedOn: '2025-07-01' }),
    paysAhead: await called(katsa, 4, { packageCode: 'A1.1', depositMinor: 20_000 }),
  }
}

/** A customer with a name and a phone of the village's own file: no history may hold either. */
async function called(katsa: Village, row: number, wish: CustomerWish): Promise<ConnectedCustomer> {
  const customer = await connectCustomer(katsa.db, wish)
  const file = readFileSync(new URL('../../dev/village/data/katsa-customers.csv', import.meta.url))
  const rows: Record<string, string>[] = parse(file, { columns: true, bom: true })
  const { name = '', name_hi: nameHi = '', phone = '' } = rows.filter((one) => one.phone !== '')[row] ?? {}
  await katsa.db
    .updateTable('persons')
    .set({ name, nameHi: nameHi === '' ? null : nameHi, phone })
    .where('personId', '=', customer.personId)
    .execute()
  return customer
}

function idsOf({ accountId, customerId }: ConnectedCustomer): { accountId: string; customerId: string } {
  return { accountId, customerId }
}

async function joining(katsa: Village): Promise<Stories> {
  const people = applicants(katsa)
  const joins = await people.demanded({ depositParts: 2 })
  await people.pay(joins, 40_000, 'join-1')
  await people.pay(joins, 40_000, 'join-2')
  const meter = await people.meter(joins)
  const installed = { outcome: 'done', serial: meter?.serial ?? '', startRegisterWh: 1_200 }
  await people.report(joins, 'installation:1', installed)
  const goes = await people.demanded()
  await people.pay(goes, 10_000, 'goes-1')
  await people.decide(goes, withdraw, 'asha')
  await people.decide(goes, approveRefund, 'deepa')
  await people.decide(goes, payRefund, 'asha', { method: 'cash', proof: 'slip-1' })
  return {
    'onboard-customer-connected': processIds.onboarding(joins),
    'onboard-customer-withdrawn': processIds.onboarding(goes),
    'receive-payment-posted': processIds.payment('sandbox-wallet', 'join-1'),
    'do-field-task-installation': processIds.task((await people.taskOf(joins, 'installation:1')).taskId),
  }
}

async function paying(katsa: Village, { accountId }: ConnectedCustomer): Promise<Stories> {
  await hear(katsa.db, { reference: 'whose', amountMinor: 5_000, payer: 'Ramesh, Tola 2', asOf: await katsa.now() })
  await katsa.settle()
  const workflowId = processIds.payment('sandbox-wallet', 'whose')
  await decide(katsa, workflowId, matchPayment, { by: 'deepa', detail: { accountId } })
  return { 'receive-payment-whose': workflowId }
}

async function changing(katsa: Village, { customerId, accountId }: ConnectedCustomer): Promise<Stories> {
  const desk = packageDesk(katsa)
  const refused = await desk.ask({ customerId, packageCode: 'B1.3' })
  await desk.decide(refused, reject, 'deepa', { reason: 'no-capacity' })
  const wanted = await desk.ask({ customerId, packageCode: 'B1.2', takesEffect: 'at-once' })
  await desk.decide(wanted, approve, 'deepa')
  await payInCash(katsa.db, { accountId, amountMinor: 50_000, at: await katsa.now(), reference: 'difference' })
  await katsa.settle()
  await desk.decide(wanted, confirmWork, 'deepa')
  return {
    'change-package-refused': processIds.packageChange(refused),
    'change-package-programmed': processIds.packageChange(wanted),
  }
}

async function working(katsa: Village): Promise<Stories> {
  const asOf = await katsa.now()
  const source = { workflowId: 'test', step: 'no-supply' }
  const dueAt = addToInstant(asOf, 'P1D', ZONE)
  const { taskId } = await inTransaction(katsa.db, (tx) => openTask(tx, { plant: PLANT, kind: 'no-supply', source, dueAt, asOf }))
  await katsa.settle()
  const workflowId = processIds.task(taskId)
  await decide(katsa, workflowId, assignTask, { by: 'deepa', detail: { to: 'jyoti' } })
  await katsa.advance('P2D') // reminded, and told to the level above
  await decide(katsa, workflowId, completeTask, { by: 'jyoti', detail: { outcome: 'done' } })
  await decide(katsa, workflowId, rejectTask, { by: 'chandan' })
  await decide(katsa, workflowId, completeTask, { by: 'jyoti', detail: { outcome: 'done' } })
  await decide(katsa, workflowId, approveTask, { by: 'chandan' })
  return { 'do-field-task-sent-back': workflowId }
}

/** Half of a deposit is found in the bank's statement after a reminder, the rest never. */
async function banking(katsa: Village): Promise<Stories> {
  const { db } = katsa
  await putCash(db, { holder: 'asha', amountMinor: 20_000, at: await katsa.now(), event: 'banking' })
  const declared = { holder: 'asha', declaredBy: 'asha', amountMinor: 20_000, slipReference: 'SLIP-1', depositedOn: '2026-07-01' }
  const now = async () => ({ plant: await readPlant(db, PLANT, await katsa.now()), asOf: await katsa.now() })
  const saidAt = await now()
  const { depositId } = await inTransaction(db, (tx) => declareDeposit(tx, saidAt, declared))
  await katsa.settle()
  await katsa.advance('P4D')
  const lines = [{ bookedOn: '2026-07-03', reference: 'CASH DEP SLIP-1', amountMinor: 10_000, ordinal: 1 }]
  const readAt = await now()
  await inTransaction(db, (tx) => importStatement(tx, readAt, { bankAccount: 'SBI-0815', importedBy: 'geeta', lines }))
  const { lineId } = await db.selectFrom('bankStatementLines').select('lineId').executeTakeFirstOrThrow()
  const workflowId = processIds.depositCash(depositId)
  await decide(katsa, workflowId, verifyDeposit, { by: 'geeta', detail: { lineId } })
  await decide(katsa, workflowId, returnDeposit, { by: 'geeta' })
  return { 'deposit-cash-half-found': workflowId }
}

async function leaving(katsa: Village, { accountId, customerId }: ConnectedCustomer): Promise<Stories> {
  const wish = { reason: 'own-wish', leavingOn: '2026-07-10', refundMethod: 'cash', requestedBy: 'asha' } as const
  const requestedAt = await katsa.now()
  const { closureId } = await withAccount(katsa.db, accountId, (tx, account) =>
    openClosure(tx, { ...account, customerId }, { ...wish, requestedAt }),
  )
  await katsa.advanceTo('2026-07-10T20:00:00.000Z')
  await reported(katsa, customerId, 'meter-removal', { outcome: 'done', finalRegisterWh: 103_000 })
  const workflowId = processIds.closing(closureId)
  const refundId = (await openRefundOf(katsa.db, { accountId, source: closureId }))?.refundId ?? 0
  await decide(katsa, workflowId, approveClosingRefund, { by: 'deepa', detail: { refundId } })
  await decide(katsa, workflowId, payClosingRefund, { by: 'imran', detail: { refundId, method: 'cash', proof: 'slip-2' } })
  return { 'close-account-paid-back': workflowId }
}

/** Cut on 22 July and lit again on paying; read and billed at the end of the month; an advance for July that lapsed on the 4th and was paid on the 22nd. */
async function monthPasses(katsa: Village, { owes, isRead, paysAhead }: Cast): Promise<Stories> {
  await katsa.advanceTo('2026-07-22T06:00:00.000Z')
  await payInCash(katsa.db, { accountId: owes.accountId, amountMinor: 45_700, at: await katsa.now(), reference: 'after-cut' })
  await payInCash(katsa.db, { accountId: paysAhead.accountId, amountMinor: 16_000, at: await katsa.now(), reference: 'late' })
  await katsa.advanceTo('2026-07-25T06:00:00.000Z')
  await reported(katsa, isRead.customerId, 'reading', { outcome: 'done', registerWh: 120_000, photoRef: 'photos/r1.jpg' })
  await katsa.advanceTo(addToInstant(AUGUST, 'PT12H', ZONE))
  for (const { serial, registerWh } of await smartRegisters(katsa)) await katsa.meterSays(serial, AUGUST, registerWh + 20_000)
  await katsa.advanceTo('2026-08-03T06:00:00.000Z')
  return {
    'collect-dues-cut-and-lit-again': processIds.collection(owes.customerId),
    'bill-customer-read-by-visit': processIds.billing(isRead.customerId, '2026-07-01'),
    'bill-customer-advance-lapsed': processIds.billing(paysAhead.customerId, '2026-07-01'),
    'run-billing-august': processIds.billingRun(PLANT, '2026-08-01'),
    'find-due-billing-watching': processIds.findDueBilling(PLANT),
  }
}

/** The books of a day, closed and proved in the night after it. */
async function proving(katsa: Village): Promise<Stories> {
  const workflowId = processIds.findDueReconciliation(PLANT)
  const yesterday = addDays(dateAt(await katsa.now(), ZONE), -1)
  await katsa.start('findDueReconciliation', workflowId, { plant: PLANT, watch: true })
  return {
    'find-due-reconciliation-watching': workflowId,
    'reconcile-books-a-day': processIds.reconciliation(PLANT, yesterday),
  }
}

async function smartRegisters(katsa: Village): Promise<{ serial: string; registerWh: number }[]> {
  const rows = await katsa.db
    .selectFrom('meterInstallations')
    .select(['serial', 'startRegisterWh'])
    .where('removedAt', 'is', null)
    .where('serial', 'like', 'SM%')
    .execute()
  return rows.map(({ serial, startRegisterWh }) => ({ serial, registerWh: startRegisterWh }))
}

/** The customer's task of a kind is reported by whoever has it, and confirmed by another where that is asked for. */
async function reported(
  katsa: Village,
  customerId: string,
  kind: string,
  detail: Record<string, string | number>,
): Promise<void> {
  const task = await katsa.db
    .selectFrom('tasks')
    .selectAll()
    .where('customerId', '=', customerId)
    .where('kind', '=', kind)
    .executeTakeFirstOrThrow()
  const workflowId = processIds.task(task.taskId)
  await decide(katsa, workflowId, completeTask, { by: task.assignedTo ?? 'binod', detail })
  const { stage } = await katsa.process(workflowId)
  if (stage === 'Review') await decide(katsa, workflowId, approveTask, { by: 'chandan' })
}

async function decide(katsa: Village, workflowId: string, update: DecisionUpdate, input: DecisionInput): Promise<void> {
  await katsa.temporal.client.workflow.getHandle(workflowId).executeUpdate(update, { args: [input] })
  await katsa.settle()
}
