import type { Db, Tx } from '../db/client.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import { recordAudit } from '../db/queries/audit.ts'
import { type PlantTerms, readPackage, readPlant } from '../db/queries/plants.ts'
import {
  insertVersion,
  newestVersion,
  type PriceChange,
  type PriceChangeEnding,
  readPriceChange,
  stillBefore,
} from '../db/queries/price-changes.ts'
import { type Decision, readDecision } from '../db/queries/processes.ts'
import { addDays, dateAt, startOfDay } from '../domain/calendar.ts'
import { nextVersion, releasedFrom } from '../domain/price-change.ts'
import { processIds } from '../domain/process-ids.ts'
import { settlePrices } from './settle-prices.ts'
import { seePriceNoticesArrive, tellOfPrice } from './tell-of-price.ts'

/** A price change and the moment something is done about it. */
export interface PriceChangeAt {
  readonly priceChangeId: string
  readonly asOf: string
}

/** What the process of a price change decides by. */
export interface PriceChangeFacts {
  readonly change: PriceChange
  readonly decision: Decision | null
}

/** A released price as the steps after it need it. */
export interface ReleasedPrice {
  readonly change: PriceChange & { readonly toVersion: number; readonly effectiveFrom: string }
  readonly plant: PlantTerms
  readonly asOf: string
  readonly today: string
}

/** How a released price stands. */
export interface FollowedPrice {
  readonly waiting: number
  readonly isInForce: boolean
  readonly lookAgainAt: string | null
}

/** A new price of a package: released by a second person, told to everybody who has it, paid after its notice (billing.md rule 14). */
export function createPriceChangeActivities({ db }: { db: Db }) {
  return {
    /** Where the price change stands. */
    readPriceChange: ({ priceChangeId }: PriceChangeAt): Promise<PriceChangeFacts> => readFacts(db, priceChangeId),

    /** The second person said yes: the next version is made, and from when it counts is settled. Once. */
    releasePrice: ({ releasedBy, ...at }: PriceChangeAt & { releasedBy: string }): Promise<void> => release(db, at, releasedBy),

    /** Ends a price change: refused, taken back, or paid by everybody. */
    endPriceChange: ({ priceChangeId, asOf, as }: PriceChangeAt & { as: PriceChangeEnding }): Promise<void> =>
      end(db, { priceChangeId, asOf, as }),

    /**
     * Tells the next set of those who have the package and were not told. When all are: looks whose notice arrived, sends somebody with those that cannot be sent, and changes the terms of whoever's day has come. Returns how
     * many are still on an older version, whether the price is in force, and when to look again: with the next day, or null for at once.
     */
    followPrice: (at: PriceChangeAt): Promise<FollowedPrice> => follow(db, at),
  }
}

async function readFacts(db: Db, priceChangeId: string): Promise<PriceChangeFacts> {
  const decision = await readDecision(db, processIds.priceChange(priceChangeId), 'release')
  return { change: await readPriceChange(db, priceChangeId), decision: decision ?? null }
}

async function release(db: Db, { priceChangeId, asOf }: PriceChangeAt, releasedBy: string): Promise<void> {
  await inTransaction(db, async (tx) => {
    const change = await readPriceChange(tx, priceChangeId)
    if (change.releasedAt !== null || change.endedAt !== null) return
    const { plant: code, packageCode } = change
    const { zone, policy } = await readPlant(tx, code, asOf)
    const newest = await newestVersion(tx, code, packageCode)
    const terms = nextVersion(newest, change)
    const effectiveFrom = releasedFrom({ wishedFrom: change.wishedFrom, releasedOn: dateAt(asOf, zone), policy })
    await insertVersion(tx, code, { ...terms, effectiveFrom })
    await tx
      .updateTable('priceChanges')
      .set({ toVersion: terms.version, effectiveFrom, releasedAt: asOf, releasedBy })
      .where('priceChangeId', '=', priceChangeId)
      .execute()
    await recordAudit(tx, {
      actor: releasedBy,
      action: 'package-version-made',
      subject: processIds.priceChange(priceChangeId),
      plant: code,
      before: priceOf(newest),
      after: { ...priceOf(terms), effectiveFrom },
      businessAt: asOf,
    })
  })
}

function priceOf({
  version,
  fixedChargeMinor,
  energyRateMinorPerKwh,
}: {
  version: number
  fixedChargeMinor: number
  energyRateMinorPerKwh: number
}) {
  return { version, fixedChargeMinor, energyRateMinorPerKwh }
}

async function end(db: Db, { priceChangeId, asOf, as }: PriceChangeAt & { as: PriceChangeEnding }): Promise<void> {
  await db
    .updateTable('priceChanges')
    .set({ endedAt: asOf, endedAs: as })
    .where('priceChangeId', '=', priceChangeId)
    .where('endedAt', 'is', null)
    .execute()
}

async function released(db: Db | Tx, { priceChangeId, asOf }: PriceChangeAt): Promise<ReleasedPrice> {
  const change = await readPriceChange(db, priceChangeId)
  const { toVersion, effectiveFrom } = change
  if (toVersion === null || effectiveFrom === null) throw new Error(`${priceChangeId} is not released`)
  const plant = await readPlant(db, change.plant, asOf)
  return { change: { ...change, toVersion, effectiveFrom }, plant, asOf, today: dateAt(asOf, plant.zone) }
}

async function follow(db: Db, at: PriceChangeAt): Promise<FollowedPrice> {
  const price = await released(db, at)
  const { change, plant, today } = price
  const moreToTell = await tellOfPrice(db, price)
  if (!moreToTell) {
    await seePriceNoticesArrive(db, price)
    await settlePrices(db, price, await readPackage(db, change.plant, { code: change.packageCode, version: change.toVersion }))
  }
  const lookAgainAt = moreToTell ? null : startOfDay(addDays(today, 1), plant.zone)
  return { waiting: await stillBefore(db, change), isInForce: today >= change.effectiveFrom, lookAgainAt }
}
