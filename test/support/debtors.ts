import { readSupplyState } from '../../db/queries/supply-state.ts'
import { KATSA_POLICY_V1, type PlantPolicy } from '../../domain/policy.ts'
import { processIds } from '../../domain/process-ids.ts'
import { approveTask, completeTask } from '../../workflows/do-field-task.ts'
import { connectCustomer, type ConnectedCustomer, type CustomerWish, payInCash } from './connections.ts'
import { PLANT, type Village } from './village.ts'

/**
 * Chasing in days instead of weeks, any day of the week. Due on 1 July: notice on the 2nd, one visit on the 3rd, the warning on the
 * 4th, the cut on the 5th at 10:00 (04:30 UTC), the question of the ban on the 15th.
 */
export const QUICK_CHASE: PlantPolicy = {
  ...KATSA_POLICY_V1,
  chasing: {
    ...KATSA_POLICY_V1.chasing,
    visitsAfter: ['P2D'],
    cutAfter: 'P4D',
    clearDaysAfterNotice: 2,
    cutWeekdays: [1, 2, 3, 4, 5, 6, 7],
    depositDrawnAfter: 'P60D',
    banAfter: 'P10D',
  },
}

/** What a test about customers who owe asks and does. */
export function debtors(katsa: Village) {
  const tasksOf = ({ customerId }: ConnectedCustomer, kind: string) =>
    katsa.db
      .selectFrom('tasks')
      .selectAll()
      .where('customerId', '=', customerId)
      .where('kind', '=', kind)
      .orderBy('openedAt')
      .execute()
  return {
    tasksOf,
    /** A connected customer who owes 457.00 since 1 July 2026; chased, unless the test does that itself. */
    owing: async (wish: CustomerWish & { isChased?: boolean } = {}): Promise<ConnectedCustomer> => {
      const { isChased = true, ...rest } = wish
      const customer = await connectCustomer(katsa.db, {
        openingDues: { amountMinor: 45_700, dueOn: '2026-07-01' },
        ...rest,
      })
      const { accountId, customerId } = customer
      if (isChased) await katsa.start('collectDues', processIds.collection(customerId), { plant: PLANT, accountId, customerId })
      return customer
    },
    pay: async ({ accountId }: ConnectedCustomer, amountMinor: number): Promise<void> => {
      await payInCash(katsa.db, { accountId, amountMinor, at: await katsa.now(), reference: `paid-${accountId}` })
      await katsa.settle()
    },
    /** Kinds of what the customer was told, oldest first. */
    toldOf: async ({ accountId }: ConnectedCustomer): Promise<string[]> => {
      const rows = katsa.db.selectFrom('notifications').select('kind').where('accountId', '=', accountId)
      return (await rows.orderBy('notificationId').execute()).map(({ kind }) => kind)
    },
    /** Who of the staff was told of this meter, oldest first. */
    staffToldOf: async ({ serial }: ConnectedCustomer, kind: string): Promise<string[]> => {
      const rows = katsa.db.selectFrom('notifications').innerJoin('staff', 'staff.login', 'notifications.staffLogin')
      const told = rows.select('role').where('kind', '=', kind).where('dedupeKey', 'like', `${kind}:${serial}:%`)
      return (await told.orderBy('notificationId').execute()).map(({ role }) => role)
    },
    desiredRelay: async ({ customerId }: ConnectedCustomer) => (await readSupplyState(katsa.db, customerId))?.desiredRelay,
    reportedRelay: async ({ serial }: ConnectedCustomer) =>
      (await katsa.db.selectFrom('meterReported').select('relay').where('serial', '=', serial).executeTakeFirstOrThrow()).relay,
    collection: ({ customerId }: ConnectedCustomer) => katsa.process(processIds.collection(customerId)),
    run: ({ customerId }: ConnectedCustomer) => katsa.temporal.client.workflow.getHandle(processIds.collection(customerId)),
    /** A technician reports his task, and another person confirms it. */
    doTask: async (customer: ConnectedCustomer, kind: string, outcome = 'done'): Promise<void> => {
      const task = (await tasksOf(customer, kind)).at(-1)
      const handle = katsa.temporal.client.workflow.getHandle(processIds.task(task?.taskId ?? ''))
      await handle.executeUpdate(completeTask, { args: [{ by: task?.assignedTo ?? 'binod', detail: { outcome } }] })
      await katsa.settle()
      await handle.executeUpdate(approveTask, { args: [{ by: 'deepa' }] })
      await katsa.settle()
    },
  }
}
