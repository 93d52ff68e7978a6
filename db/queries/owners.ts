import type { Db, Tx } from '../client.ts'

/** Whose account a charge is of; undefined when there is no such charge. */
export async function accountOfCharge(db: Db | Tx, chargeId: number): Promise<string | undefined> {
  return (await db.selectFrom('charges').select('accountId').where('chargeId', '=', chargeId).executeTakeFirst())?.accountId
}

/** Whose account a reading is of; undefined when there is no such reading. */
export async function accountOfReading(db: Db | Tx, readingId: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('readings')
    .innerJoin('connections', 'connections.customerId', 'readings.customerId')
    .select('accountId')
    .where('readingId', '=', readingId)
    .executeTakeFirst()
  return row?.accountId
}
