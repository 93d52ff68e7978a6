import { sql } from 'kysely'
import type { BilledAround, ReadingAdjustment } from '../../domain/reading-correction.ts'
import { Contradiction, DomainError } from '../../domain/errors.ts'
import type { Db, Tx } from '../client.ts'
import { nudge } from './outbox.ts'

/** A reading that was accepted for the end of a period, with what was read of the same meter before and after it. */
export interface ReadingToCorrect {
  readonly readingId: number
  readonly customerId: string
  readonly accountId: string
  readonly plant: string
  readonly serial: string
  readonly boundary: string
  readonly takenAt: string
  readonly registerWh: number
  readonly lastWh: number
  /** The next register that was read; undefined for the last one. */
  readonly nextWh: number | undefined
}

/** An accepted reading of a period's end; NOT_FOUND for another one, WRONG_STAGE where it is not accepted (any more). */
export async function readReadingToCorrect(db: Db | Tx, readingId: number): Promise<ReadingToCorrect> {
  const row = await db
    .selectFrom('readings')
    .innerJoin('connections', 'connections.customerId', 'readings.customerId')
    .select(['readingId', 'readings.customerId', 'accountId', 'plant', 'serial', 'boundary', 'takenAt', 'registerWh', 'state'])
    .where('readingId', '=', readingId)
    .executeTakeFirst()
  if (row === undefined) throw new DomainError('NOT_FOUND', 'no such reading')
  const { state, boundary, ...reading } = row
  if (state !== 'accepted' || boundary === null)
    throw new DomainError('WRONG_STAGE', 'Only an accepted reading of a period’s end is corrected', { state })
  const { rows } = await sql<{ lastWh: number; nextWh: number | null }>`
    select greatest(
        (select max(i.start_register_wh) from meter_installations i where i.serial = ${row.serial} and i.customer_id = ${row.customerId}),
        (select max(r.register_wh) from readings r where r.serial = ${row.serial} and r.customer_id = ${row.customerId}
          and r.state = 'accepted' and r.source <> 'estimate' and r.boundary < ${boundary})) as "lastWh",
      least((select min(r.register_wh) from readings r where r.serial = ${row.serial} and r.customer_id = ${row.customerId}
          and r.state = 'accepted' and r.source <> 'estimate' and r.boundary > ${boundary}),
        (select min(i.final_register_wh) from meter_installations i where i.serial = ${row.serial} and i.customer_id = ${row.customerId})) as "nextWh"`.execute(
    db,
  )
  return { ...reading, boundary, lastWh: rows[0]?.lastWh ?? 0, nextWh: rows[0]?.nextWh ?? undefined }
}

/** The price of a unit in the bills that ended and began with the reading; null where they are not out. */
export async function billedAround(
  db: Db | Tx,
  { accountId, boundary, serial }: Pick<ReadingToCorrect, 'accountId' | 'boundary' | 'serial'>,
): Promise<BilledAround> {
  const { rows } = await sql<{ from: string; to: string; packages: { energyRateMinorPerKwh: number }[] }>`
    select document #>> '{period,from}' as from, document #>> '{period,to}' as to, document -> 'packages' as packages
    from bills where account_id = ${accountId} and kind = 'electricity' and document ->> 'mode' = 'postpaid'
      and ${boundary} in (document #>> '{period,from}', document #>> '{period,to}')
      and document -> 'readings' @> jsonb_build_array(jsonb_build_object('serial', ${serial}::text))`.execute(db)
  const before = rows.find(({ to }) => to === boundary)
  const after = rows.find(({ from }) => from === boundary)
  return {
    rateBeforeMinorPerKwh: before?.packages.at(-1)?.energyRateMinorPerKwh ?? null,
    rateAfterMinorPerKwh: after?.packages[0]?.energyRateMinorPerKwh ?? null,
  }
}

/** Whether another post-paid bill of this connection is to come: it has not left, and its package is post-paid. */
export async function hasNextBill(db: Db | Tx, customerId: string): Promise<boolean> {
  const row = await db
    .selectFrom('connectionTerms')
    .innerJoin('packages', (join) =>
      join
        .onRef('packages.plant', '=', 'connectionTerms.plant')
        .onRef('packages.code', '=', 'connectionTerms.packageCode')
        .onRef('packages.version', '=', 'connectionTerms.packageVersion'),
    )
    .innerJoin('connections', 'connections.customerId', 'connectionTerms.customerId')
    .innerJoin('accounts', 'accounts.accountId', 'connections.accountId')
    .select('mode')
    .where('connectionTerms.customerId', '=', customerId)
    .where('toDate', 'is', null)
    .where('leftOn', 'is', null)
    .where('closedAt', 'is', null)
    .executeTakeFirst()
  return row?.mode === 'postpaid'
}

/** Puts the right register in the place of a reading, which stays as it was read. Returns the new reading's id. */
export async function replaceReading(
  tx: Tx,
  reading: ReadingToCorrect,
  by: { registerWh: number; photoRef: string | null; enteredBy: string; reviewedBy: string },
): Promise<number> {
  const { readingId, customerId, serial, boundary, takenAt } = reading
  await tx.updateTable('readings').set({ state: 'corrected' }).where('readingId', '=', readingId).execute()
  const added = await tx
    .insertInto('readings')
    .values({ customerId, serial, boundary, takenAt, source: 'visit', state: 'accepted', corrects: readingId, ...by })
    .returning('readingId')
    .executeTakeFirstOrThrow()
  await nudge(tx, `connection:${customerId}`)
  return added.readingId
}

/** Keeps what a corrected reading changes of bills that are out, for the next bill. */
export async function insertAdjustment(tx: Tx, accountId: string, adjustment: ReadingAdjustment): Promise<void> {
  const { correctionId, amountMinor } = adjustment
  await tx
    .insertInto('readingAdjustments')
    .values({ correctionId, accountId, amountMinor, detail: JSON.stringify(adjustment) })
    .execute()
}

/** Adjustments that no bill has taken in, oldest first. */
export async function waitingAdjustments(
  db: Db | Tx,
  accountIds: readonly string[],
): Promise<{ accountId: string; adjustment: ReadingAdjustment }[]> {
  if (accountIds.length === 0) return []
  const rows = await db
    .selectFrom('readingAdjustments')
    .select(['accountId', 'detail'])
    .where('accountId', 'in', accountIds)
    .where('chargedIn', 'is', null)
    .orderBy('correctionId')
    .execute()
  return rows.map(({ accountId, detail }) => ({ accountId, adjustment: detail as unknown as ReadingAdjustment }))
}

/** Notes which charge took in which adjustment; one that was taken in already stops the whole transaction. */
export async function markCharged(
  tx: Tx,
  taken: readonly { readonly correctionId: string; readonly chargeId: number }[],
): Promise<void> {
  for (const { correctionId, chargeId } of taken) {
    const marked = await tx
      .updateTable('readingAdjustments')
      .set({ chargedIn: chargeId })
      .where('correctionId', '=', correctionId)
      .where('chargedIn', 'is', null)
      .returning('correctionId')
      .executeTakeFirst()
    if (marked === undefined) throw new Contradiction(`what ${correctionId} changes was charged already`)
  }
}
