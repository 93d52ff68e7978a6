import { sql } from 'kysely'
import { inTransaction } from '../../db/queries/accounts.ts'
import { type PackageRequest, readPackageRequest } from '../../db/queries/package-changes.ts'
import { type PackageWish, requestPackageChange } from '../../db/queries/package-wishes.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { DecisionUpdate, StandingDecision } from '../../workflows/decisions.ts'
import { approveTask, completeTask } from '../../workflows/do-field-task.ts'
import type { Village } from './village.ts'

type Wish = Partial<PackageWish> & Pick<PackageWish, 'customerId' | 'packageCode'>

/** A customer's request for another package, and what people then do with it. */
export function packageDesk(katsa: Village) {
  const handle = (requestId: string) => katsa.temporal.client.workflow.getHandle(processIds.packageChange(requestId))
  const run = (taskId: string) => katsa.temporal.client.workflow.getHandle(processIds.task(taskId))
  const desk = {
    /** Asks in the app; settled, so that it waits for its approval. Returns the request's id. */
    async ask(wish: Wish): Promise<string> {
      const asOf = await katsa.now()
      const full = { takesEffect: 'next-period' as const, requestedBy: 'customer:T0001', asOf, ...wish }
      const { requestId } = await inTransaction(katsa.db, (tx) => requestPackageChange(tx, full))
      await katsa.settle()
      return requestId
    },
    async decide(
      requestId: string,
      update: DecisionUpdate,
      by: string,
      detail?: Record<string, string | boolean>,
    ): Promise<StandingDecision> {
      const answer = await handle(requestId).executeUpdate(update, { args: [{ by, ...(detail && { detail }) }] })
      await katsa.settle()
      return answer
    },
    /** The task of a step of the request, done by its assignee and confirmed by the operator. */
    async doWork(requestId: string, step: string, report: Record<string, string | number> = {}): Promise<void> {
      const { taskId, kind } = await desk.task(requestId, step)
      await run(taskId).executeUpdate(completeTask, {
        args: [{ by: kind === 'follow-up' ? 'asha' : 'binod', detail: { outcome: 'done', ...report } }],
      })
      await katsa.settle()
      if ((await desk.task(requestId, step)).status === 'review')
        await run(taskId).executeUpdate(approveTask, { args: [{ by: 'chandan' }] })
      await katsa.settle()
    },
    async task(requestId: string, step: string) {
      return katsa.db
        .selectFrom('tasks')
        .selectAll()
        .where('sourceWorkflowId', '=', processIds.packageChange(requestId))
        .where('sourceStep', 'like', step)
        .executeTakeFirstOrThrow()
    },
    request: (requestId: string): Promise<PackageRequest> => readPackageRequest(katsa.db, requestId),
    process: (requestId: string) => katsa.process(processIds.packageChange(requestId)),
    /** What the customer pays for from which day: `B1.1 2026-07-01..2026-08-01`. */
    async terms(customerId: string): Promise<string[]> {
      const rows = await katsa.db
        .selectFrom('connectionTerms')
        .selectAll()
        .where('customerId', '=', customerId)
        .orderBy('fromDate')
        .execute()
      return rows.map(({ packageCode, fromDate, toDate }) => `${packageCode} ${fromDate}..${toDate ?? ''}`)
    },
    /** What the meter says it carries. */
    async meter(serial: string) {
      return katsa.db
        .selectFrom('meterReported')
        .select(['loadLimitW', 'activeFrom', 'relay'])
        .where('serial', '=', serial)
        .executeTakeFirstOrThrow()
    },
    async balance(code: string): Promise<number> {
      const { rows } = await sql<{ minor: number }>`select balance_of(${code}) as minor`.execute(katsa.db)
      return rows[0]?.minor ?? 0
    },
    /** Kinds of notices about the request, in order, with whom they went to. */
    async told(requestId: string): Promise<string[]> {
      const rows = await katsa.db
        .selectFrom('notifications')
        .select(['kind', 'staffLogin'])
        .where(sql<boolean>`params->>'requestId' = ${requestId}`)
        .orderBy('notificationId')
        .execute()
      return rows.map(({ kind, staffLogin }) => (staffLogin === null ? kind : `${kind} ${staffLogin}`))
    },
    async noticeOf(requestId: string, kind: string): Promise<Record<string, unknown>> {
      const row = await katsa.db
        .selectFrom('notifications')
        .select('params')
        .where(sql<boolean>`params->>'requestId' = ${requestId}`)
        .where('kind', '=', kind)
        .executeTakeFirstOrThrow()
      return row.params as Record<string, unknown>
    },
  }
  return desk
}
