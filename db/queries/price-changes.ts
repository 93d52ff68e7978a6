import { type Selectable, sql } from 'kysely'
import { addToInstant, dateAt } from '../../domain/calendar.ts'
import { DomainError } from '../../domain/errors.ts'
import { parseNumberedId, priceChangeId as priceChangeIdOf } from '../../domain/ids.ts'
import { checkPriceFrom, nextVersion, type Price } from '../../domain/price-change.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { PackageTerms } from '../../domain/package.ts'
import type { Db, Tx } from '../client.ts'
import type { Packages, PriceChanges } from '../tables.ts'
import { takeNumbers } from './numbers.ts'
import { startWorkflow } from './outbox.ts'
import { packageTerms, readPlant } from './plants.ts'
import { tellRole } from './tasks.ts'

/** A new price of a package: asked for by one, released by another, and how far it has come. */
export type PriceChange = Omit<Selectable<PriceChanges>, 'endedAs'> & { readonly endedAs: PriceChangeEnding | null }

/** `Done`: everybody who has the package pays it. */
export type PriceChangeEnding = 'Done' | 'Rejected' | 'Withdrawn'

/** A price change by its id, if it ever was. */
export async function findPriceChange(db: Db | Tx, priceChangeId: string): Promise<PriceChange | undefined> {
  const row = await db.selectFrom('priceChanges').selectAll().where('priceChangeId', '=', priceChangeId).executeTakeFirst()
  return row as PriceChange | undefined
}

/** A price change by its id; NOT_FOUND when there is none. */
export async function readPriceChange(db: Db | Tx, priceChangeId: string): Promise<PriceChange> {
  const change = await findPriceChange(db, priceChangeId)
  if (change === undefined) throw new DomainError('NOT_FOUND', 'no such price change')
  return change
}

/** The newest version of a package, in force or to come; PACKAGE_UNKNOWN when the plant has no such package. */
export async function newestVersion(db: Db | Tx, plant: string, code: string): Promise<PackageTerms & { effectiveFrom: string }> {
  const row = await db
    .selectFrom('packages')
    .selectAll()
    .where('plant', '=', plant)
    .where('code', '=', code)
    .where('retiredOn', 'is', null)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) throw new DomainError('PACKAGE_UNKNOWN', 'this plant has no such package', { code })
  return { ...packageTerms(row), effectiveFrom: row.effectiveFrom }
}

export interface PriceWish extends Partial<Price> {
  readonly plant: string
  readonly code: string
  readonly from: string
  readonly textId: number | null
  readonly requestedBy: string
  readonly asOf: string
}

/**
 * Asks for a new price: refuses what cannot be (PACKAGE_UNKNOWN, PACKAGE_SAME, PRICE_TOO_SOON, INVALID_INPUT, ALREADY_EXISTS while another
 * waits for its release), else writes the request, starts its process and tells head office, where somebody else releases it.
 */
export async function requestPrice(tx: Tx, wish: PriceWish): Promise<PriceChange> {
  const { plant: code, asOf } = wish
  const plant = await readPlant(tx, code, asOf)
  await sql`select 1 from plants where plant = ${code} for update`.execute(tx)
  const newest = await newestVersion(tx, code, wish.code)
  const { fixedChargeMinor, energyRateMinorPerKwh, expectedKwh } = nextVersion(newest, { ...newest, ...given(wish) })
  checkPriceFrom({ from: wish.from, today: dateAt(asOf, plant.zone), newestFrom: newest.effectiveFrom, policy: plant.policy })
  await refuseSecond(tx, wish)
  const priceChangeId = priceChangeIdOf(code, await takeNumbers(tx, `${code}:price-change`, 1))
  await tx
    .insertInto('priceChanges')
    .values({
      priceChangeId,
      plant: code,
      packageCode: wish.code,
      fromVersion: newest.version,
      fixedChargeMinor,
      energyRateMinorPerKwh,
      expectedKwh,
      wishedFrom: wish.from,
      textId: wish.textId,
      requestedBy: wish.requestedBy,
      requestedAt: asOf,
    })
    .execute()
  const input = { plant: code, priceChangeId }
  await startWorkflow(tx, { workflowType: 'changePrice', workflowId: processIds.priceChange(priceChangeId), input })
  const decideBy = dateAt(addToInstant(asOf, plant.policy.tasks.escalateAfter, plant.zone), plant.zone)
  const params = { decision: 'price-release', requestId: priceChangeId, plantCode: code, subjectId: wish.code, decideBy } as const
  const to = { plant: code, role: 'head-office' }
  await tellRole(tx, to, { kind: 'decision-needed', params, dedupeKey: `decision-needed:${priceChangeId}`, asOf })
  return readPriceChange(tx, priceChangeId)
}

function given({ fixedChargeMinor, energyRateMinorPerKwh, expectedKwh }: Partial<Price>): Partial<Price> {
  return {
    ...(fixedChargeMinor !== undefined && { fixedChargeMinor }),
    ...(energyRateMinorPerKwh !== undefined && { energyRateMinorPerKwh }),
    ...(expectedKwh !== undefined && { expectedKwh }),
  }
}

async function refuseSecond(tx: Tx, { plant, code }: PriceWish): Promise<void> {
  const other = await tx
    .selectFrom('priceChanges')
    .select('priceChangeId')
    .where('plant', '=', plant)
    .where('packageCode', '=', code)
    .where('releasedAt', 'is', null)
    .where('endedAt', 'is', null)
    .executeTakeFirst()
  if (other !== undefined)
    throw new DomainError('ALREADY_EXISTS', 'Another price of this package waits for its release', {
      priceChangeId: other.priceChangeId,
    })
}

/** Price changes of these plants, by number, the newest first. */
export async function listPriceChanges(
  db: Db | Tx,
  { plants, after, limit }: { plants: readonly string[]; after: string | undefined; limit: number },
): Promise<PriceChange[]> {
  if (plants.length === 0) return []
  const number = sql<number>`substring(price_change_id from '[0-9]+$')::bigint`
  let rows = db.selectFrom('priceChanges').selectAll().where('plant', 'in', plants)
  if (after !== undefined) {
    const last = parseNumberedId(after)
    rows = rows.where(sql<boolean>`(${number}, plant) < (${last.n}, ${last.plant})`)
  }
  return (await rows.orderBy(number, 'desc').orderBy('plant', 'desc').limit(limit).execute()) as PriceChange[]
}

/** The version that a released price made. */
export async function insertVersion(tx: Tx, plant: string, terms: PackageTerms & { effectiveFrom: string }): Promise<void> {
  const row: Omit<Selectable<Packages>, 'recordedAt' | 'retiredOn'> = { plant, ...terms, meterKinds: [...terms.meterKinds] }
  await tx.insertInto('packages').values(row).execute()
}

/** Who has been told of a price and who pays it, and how many have it still to come. */
export interface PriceProgress {
  readonly told: number
  readonly delivered: number
  readonly paying: number
  readonly waiting: number
}

/** How far a released price has come. */
export async function priceProgress(db: Db | Tx, change: PriceChange): Promise<PriceProgress> {
  const { rows } = await sql<Omit<PriceProgress, 'waiting'>>`
    select count(*) as told, count(*) filter (where delivered_at is not null) as delivered, count(*) filter (where from_date is not null) as paying
    from price_notices where price_change_id = ${change.priceChangeId}`.execute(db)
  return { ...(rows[0] ?? { told: 0, delivered: 0, paying: 0 }), waiting: await stillBefore(db, change) }
}

/**
 * How many still pay, or will pay, an older version: connections, applications on their way, and package changes that were asked for under
 * it. Nobody is forgotten on an old price.
 */
export async function stillBefore(db: Db | Tx, { plant, packageCode, toVersion }: PriceChange): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select (select count(*) from connections c join connection_terms t on t.customer_id = c.customer_id and t.to_date is null
        where c.plant = ${plant} and c.left_on is null and t.package_code = ${packageCode} and t.package_version < ${toVersion})
      + (select count(*) from applications where plant = ${plant} and ended_at is null and package_code = ${packageCode} and package_version < ${toVersion})
      + (select count(*) from package_requests where plant = ${plant} and ended_at is null and applied_at is null
        and to_code = ${packageCode} and to_version < ${toVersion}) as n`.execute(db)
  return Number(rows[0]?.n ?? 0)
}
