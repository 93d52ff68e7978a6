import { sql } from 'kysely'
import { electricitySource } from '../../domain/charge.ts'
import type { PackageMode } from '../../domain/package.ts'
import { processIds } from '../../domain/process-ids.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { storeTelemetry } from '../../db/queries/readings.ts'
import { type ConnectedCustomer, payInCash } from './connections.ts'
import { TEST_TASK_QUEUE } from './temporal.ts'
import { PLANT, type Village } from './village.ts'

/** Looks for due billing once, as the Schedule does. It has no row of its own, so it is waited for (in real time). */
export async function lookForDueBilling(katsa: Village): Promise<void> {
  const workflowId = `find-due-billing:${PLANT}-${await katsa.now()}`
  await katsa.temporal.client.workflow.execute('findDueBilling', {
    workflowId,
    taskQueue: TEST_TASK_QUEUE,
    args: [{ plant: PLANT }],
  })
  await katsa.settle()
}

/** Keeps looking, as at a sandbox plant. */
export async function watchForDueBilling(katsa: Village): Promise<void> {
  await katsa.start('findDueBilling', processIds.findDueBilling(PLANT), { plant: PLANT, watch: true })
}

/** A smart meter's register as it arrives, without looking whom it wakes. */
export async function registerArrives(katsa: Village, serial: string, takenAt: string, registerWh: number): Promise<void> {
  const row = {
    serial,
    bootId: 1,
    seq: Math.floor(Date.parse(takenAt) / 1000),
    takenAt,
    kind: 'billing',
    registerWh,
    payload: {},
  }
  await inTransaction(katsa.db, (tx) => storeTelemetry(tx, [row]))
}

/** A customer's bill for a period, or the advance for it where `mode` says so, with its lines as `kind amount`; undefined while there is none. */
export async function billFor(
  katsa: Pick<Village, 'db'>,
  { accountId }: ConnectedCustomer,
  period: string,
  mode: PackageMode = 'postpaid',
) {
  const source = electricitySource(mode, period)
  const bill = await katsa.db
    .selectFrom('bills')
    .selectAll()
    .where('accountId', '=', accountId)
    .where('source', '=', source)
    .executeTakeFirst()
  if (bill === undefined) return undefined
  const lines = await katsa.db
    .selectFrom('charges')
    .innerJoin('chargeLines', 'chargeLines.chargeId', 'charges.chargeId')
    .select(['chargeLines.kind', 'chargeLines.amountMinor'])
    .where('accountId', '=', accountId)
    .where('source', '=', source)
    .orderBy('line')
    .execute()
  const document = bill.document as Record<string, unknown>
  return {
    number: bill.number,
    totalMinor: bill.totalMinor,
    dueOn: bill.dueOn,
    document,
    lines: lines.map(({ kind, amountMinor }) => `${kind} ${amountMinor}`),
  }
}

/** Bill numbers of the plant in order: a series without gaps is `BHKATS-B-000001` to `-n`. */
export async function billNumbers(katsa: Village): Promise<number[]> {
  const rows = await katsa.db.selectFrom('bills').select('number').orderBy('number').execute()
  return rows.map(({ number }) => Number(number.slice(-6)))
}

/** Pays whatever is open, so that a customer whose story is over causes no more work. */
export async function payEverything(katsa: Village, { accountId }: ConnectedCustomer): Promise<void> {
  const sum = sql<number>`coalesce(sum(open_amount(charge_id)), 0)::bigint`.as('openMinor')
  const { openMinor } = await katsa.db
    .selectFrom('charges')
    .select(sum)
    .where('accountId', '=', accountId)
    .executeTakeFirstOrThrow()
  if (openMinor > 0)
    await payInCash(katsa.db, { accountId, amountMinor: openMinor, at: await katsa.now(), reference: `all-${accountId}` })
}
