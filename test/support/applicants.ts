import { inTransaction } from '../../db/queries/accounts.ts'
import { createApplication } from '../../db/queries/applications.ts'
import { openRefundOf, readRefunds } from '../../db/queries/refunds.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { JsonObject } from '../../db/tables.ts'
import type { DecisionUpdate, StandingDecision } from '../../workflows/decisions.ts'
import { approveTask, completeTask } from '../../workflows/do-field-task.ts'
import { choosePackage, enterKyc } from '../../workflows/onboarding-decisions.ts'
import { hear } from './payers.ts'
import { PLANT, type Village } from './village.ts'

/** What a test may say of a household that wants to join; everything has a default. */
export interface Wish {
  /** `B1.1` by default: deposit 500 rupees (50 + 18 × 23 = 464, up to the next 50), activation 300. */
  readonly code?: string
  readonly pole?: string
  readonly meterKind?: string
  readonly depositParts?: number
  readonly category?: string
  readonly salesAgent?: string
}

let payments = 0

/** The people of one village as they deal with applications: every act is settled before it returns. */
export function applicants(katsa: Village) {
  const { db } = katsa
  const handle = (applicationId: string) => katsa.temporal.client.workflow.getHandle(processIds.onboarding(applicationId))

  async function decide(
    applicationId: string,
    update: DecisionUpdate,
    by: string,
    detail?: JsonObject,
  ): Promise<StandingDecision> {
    const open = await openRefundOf(db, { accountId: applicationId, source: applicationId })
    const whole = { ...(open && { refundId: open.refundId }), ...detail }
    const answer = await handle(applicationId).executeUpdate(update, { args: [{ by, detail: whole }] })
    await katsa.settle()
    return answer
  }

  async function apply({ category = 'low-income', salesAgent }: Wish = {}): Promise<string> {
    const asOf = await katsa.now()
    const { applicationId } = await inTransaction(db, (tx) =>
      createApplication(tx, {
        plant: PLANT,
        currency: 'INR',
        category,
        address: 'Tola 2',
        origin: 'visit',
        applicant: { name: 'Sunita Devi', phone: '+915550000001', language: 'hi' },
        asOf,
        ...(salesAgent !== undefined && { salesAgent }),
      }),
    )
    await katsa.settle()
    return applicationId
  }

  /** Up to the demands: applied, details taken, package chosen. */
  async function demanded(wish: Wish = {}): Promise<string> {
    const { code = 'B1.1', pole = '011', meterKind, depositParts } = wish
    const applicationId = await apply(wish)
    await decide(applicationId, enterKyc, 'asha', { kind: 'voter-id' })
    await decide(applicationId, choosePackage, 'asha', {
      code,
      pole,
      ...(meterKind && { meterKind }),
      ...(depositParts && { depositParts }),
    })
    return applicationId
  }

  /** Money by wallet under the application's code. */
  async function pay(applicationId: string, amountMinor: number, reference = `joining-${(payments += 1)}`): Promise<void> {
    await hear(db, { reference, amountMinor, payer: applicationId, asOf: await katsa.now() })
    await katsa.settle()
  }

  const taskOf = (applicationId: string, step: string) =>
    db
      .selectFrom('tasks')
      .selectAll()
      .where('sourceWorkflowId', '=', processIds.onboarding(applicationId))
      .where('sourceStep', '=', step)
      .executeTakeFirstOrThrow()

  /** A technician's report of a step's task, and another person's confirmation. */
  async function report(applicationId: string, step: string, detail: JsonObject): Promise<void> {
    const { taskId } = await taskOf(applicationId, step)
    const task = katsa.temporal.client.workflow.getHandle(processIds.task(taskId))
    await task.executeUpdate(completeTask, { args: [{ by: 'binod', detail }] })
    await katsa.settle()
    await task.executeUpdate(approveTask, { args: [{ by: 'chandan' }] })
    await katsa.settle()
  }

  return {
    apply,
    demanded,
    pay,
    decide,
    report,
    taskOf,
    handle,
    process: (applicationId: string) => katsa.process(processIds.onboarding(applicationId)),
    application: (applicationId: string) =>
      db.selectFrom('applications').selectAll().where('applicationId', '=', applicationId).executeTakeFirstOrThrow(),
    account: (applicationId: string) =>
      db.selectFrom('accounts').selectAll().where('accountId', '=', applicationId).executeTakeFirstOrThrow(),
    meter: (applicationId: string) =>
      db.selectFrom('meters').select(['serial', 'state', 'kind']).where('accountId', '=', applicationId).executeTakeFirst(),
    connection: (applicationId: string) =>
      db.selectFrom('connections').selectAll().where('accountId', '=', applicationId).executeTakeFirst(),
    refunds: (applicationId: string) => readRefunds(db, applicationId),
    notices: async (applicationId: string) =>
      (
        await db
          .selectFrom('notifications')
          .select('kind')
          .where('accountId', '=', applicationId)
          .orderBy('notificationId')
          .execute()
      ).map(({ kind }) => kind),
  }
}
