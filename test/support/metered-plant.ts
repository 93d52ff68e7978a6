import type { Db, Tx } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { liftHold, placeHold, refreshDesiredState } from '../../db/queries/supply.ts'
import { instantFromMs, msOf } from '../../domain/calendar.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'

export const START = '2026-07-01T03:30:00.000Z'
/** Business time over wall time: a business day in two seconds, so that a command is tried every two seconds. */
const SPEED = 43_200
const FIRST_POLE = 11
const HOUSES_A_POLE = 50

/** A plant whose code no other run uses, with smart meters installed in houses, and a clock that the test turns. */
export interface MeteredPlant {
  readonly plant: string
  readonly houses: readonly { readonly serial: string; readonly customerId: string; readonly accountId: string }[]
  /** Business time, as the test has set it. */
  readonly nowBusiness: () => string
  /** The wall time at which it is that business time, ms. */
  readonly nowWall: () => number
  setBusiness(instant: string): void
  /** Cuts the supply, or gives it back: a new desired version and its command. */
  cut(house: number): Promise<number | null>
  light(house: number): Promise<number | null>
  /** Gives a house another package, as a change of package does once it is paid: `B1.1` has 500 W, `B1.2` 1,000. */
  moveTo(house: number, packageCode: 'B1.1' | 'B1.2'): Promise<number | null>
}

/** `runsAtSpeed`: business seconds a second, by the clock on the wall from now on; without it the test turns the clock. */
export async function meteredPlant(
  db: Db,
  { meters, runsAtSpeed }: { meters: number; runsAtSpeed?: number },
): Promise<MeteredPlant> {
  const plant = `BH${Array.from({ length: 4 }, () => String.fromCodePoint(65 + Math.floor(Math.random() * 26))).join('')}`
  const wallFrom = new Date().toISOString()
  const numbers = Array.from({ length: meters }, (_, index) => index + 1)
  const houses = await inTransaction(db, async (tx) => {
    await insertPlant(tx, { plant, wallFrom, speed: runsAtSpeed ?? SPEED, lastPole: poleOf(meters) })
    const made = []
    for (const n of numbers) made.push(await insertHouse(tx, plant, n))
    return made
  })
  let business = START
  const nowBusiness = (): string =>
    runsAtSpeed === undefined ? business : instantFromMs(msOf(START) + Math.floor((Date.now() - msOf(wallFrom)) * runsAtSpeed))
  const customerOf = (house: number): string => houses[house]?.customerId ?? ''
  const turn = (work: typeof placeHold) => (house: number) => {
    const hold = { customerId: customerOf(house), reason: 'staff', owner: 'staff:test' } as const
    return inTransaction(db, (tx) => work(tx, hold, nowBusiness()))
  }
  const moveTo: MeteredPlant['moveTo'] = (house, supplyPackageCode) =>
    inTransaction(db, async (tx) => {
      const customerId = customerOf(house)
      await tx.updateTable('connections').set({ supplyPackageCode }).where('customerId', '=', customerId).execute()
      return refreshDesiredState(tx, { customerId, source: 'test', asOf: nowBusiness() })
    })
  return {
    plant,
    houses,
    nowBusiness,
    moveTo,
    nowWall: () => Math.ceil(msOf(wallFrom) + (msOf(business) - msOf(START)) / SPEED),
    setBusiness: (instant) => {
      business = instantFromMs(msOf(instant))
    },
    cut: turn(placeHold),
    light: turn(liftHold),
  }
}

interface NewPlant {
  readonly plant: string
  readonly wallFrom: string
  readonly speed: number
  readonly lastPole: number
}

async function insertPlant(tx: Tx, { plant, wallFrom, speed, lastPole }: NewPlant): Promise<void> {
  const place = { state: 'BH', name: plant, cluster: 'Saran East', timeZone: 'Asia/Kolkata', currency: 'INR' }
  await tx
    .insertInto('plants')
    .values({ plant, ...place, capacityW: 25_000, sandbox: true })
    .execute()
  await tx.insertInto('clockSegments').values({ plant, wallFrom, businessFrom: START, speed, reason: 'test' }).execute()
  await tx
    .insertInto('policies')
    .values({ plant, version: 1, effectiveFrom: '2026-01-01', document: JSON.stringify(KATSA_POLICY_V1) })
    .execute()
  await tx.insertInto('feeders').values({ plant, feeder: 'F1', capacityW: 9_000 }).execute()
  for (let pole = FIRST_POLE; pole <= lastPole; pole += 1)
    await tx
      .insertInto('poles')
      .values({ plant, pole: poleName(pole), feeder: 'F1' })
      .execute()
  const hours = { timing: 'FD', activeFrom: '00:00', activeTo: '24:00' }
  const price = { fixedChargeMinor: 5_000, energyRateMinorPerKwh: 1_800, expectedKwh: 10 }
  const shared = { plant, version: 1, mode: 'postpaid', ...hours, ...price, meterKinds: ['smart'], effectiveFrom: '2025-01-01' }
  await tx
    .insertInto('packages')
    .values([
      { ...shared, code: 'B1.1', loadLimitW: 500 },
      { ...shared, code: 'B1.2', loadLimitW: 1_000 },
    ])
    .execute()
}

function poleOf(house: number): number {
  return FIRST_POLE + Math.floor((house - 1) / HOUSES_A_POLE)
}

function poleName(pole: number): string {
  return String(pole).padStart(3, '0')
}

/** A house with its meter on the wall, which was asked for its package and has not been heard yet. */
async function insertHouse(tx: Tx, plant: string, n: number): Promise<MeteredPlant['houses'][number]> {
  const pole = poleName(poleOf(n))
  const connectionNumber = 1 + ((n - 1) % HOUSES_A_POLE)
  const accountId = `${plant}-A${String(n).padStart(4, '0')}`
  const customerId = `${plant}${pole}${String(connectionNumber).padStart(2, '0')}`
  const serial = `SM${plant}${n}`
  const account = { personId: `${plant}P${n}`, category: 'low-income', currency: 'INR', openedAt: START }
  await tx
    .insertInto('persons')
    .values({ personId: account.personId, plant, name: `Customer ${n}`, language: 'en' })
    .execute()
  await tx
    .insertInto('accounts')
    .values({ accountId, plant, customerId, ...account })
    .execute()
  await tx
    .insertInto('connections')
    .values({
      customerId,
      accountId,
      plant,
      pole,
      connectionNumber,
      feeder: 'F1',
      category: account.category,
      connectedOn: '2026-07-01',
      supplyPackageCode: 'B1.1',
      supplyPackageVersion: 1,
    })
    .execute()
  await tx.insertInto('meters').values({ serial, plant, kind: 'smart', state: 'installed', accountId }).execute()
  await tx.insertInto('meterInstallations').values({ serial, customerId, installedAt: START, startRegisterWh: 0 }).execute()
  await refreshDesiredState(tx, { customerId, source: 'test', asOf: START })
  return { serial, customerId, accountId }
}
