import type { Db } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { post } from '../../db/queries/ledger.ts'
import { bank, opening } from '../../domain/ledger.ts'
import type { MeterKind } from '../../domain/package.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import type { Plan } from '../lives/life.ts'
import { PLANT, ZONE } from '../world.ts'

const FEEDERS = ['F1', 'F2', 'F3']
const LETTERS: Readonly<Record<MeterKind, string>> = { smart: 'SM', conventional: 'CM', load_limiter: 'LL' }
/** Lakhs of rupees at the bank from before the books began: refunds by transfer can be paid. */
const AT_THE_BANK_MINOR = 100_000_000

/** Code, hours, limit in W, fixed charge and price of a kWh in paise, what is expected a month in kWh, which meters (the village's own packages). */
const PACKAGES = [
  ['A1.1', 'NN', 17, 16_000, 0, 0, ['load_limiter', 'smart']],
  ['A1.2', 'NN', 40, 22_000, 0, 0, ['load_limiter', 'smart']],
  ['A2.1', 'FD', 100, 30_000, 0, 0, ['load_limiter', 'smart']],
  ['B1.1', 'FD', 500, 5_000, 1_800, 23, ['smart', 'conventional']],
  ['B1.2', 'FD', 1_000, 10_000, 1_600, 54, ['smart', 'conventional']],
  ['B1.3', 'DO', 2_000, 15_000, 1_500, 70, ['smart']],
  ['B2.1', 'FD', 3_000, 30_000, 1_500, 94, ['smart', 'conventional']],
] as const
const HOURS = { NN: ['18:00', '06:00'], FD: ['00:00', '24:00'], DO: ['06:00', '18:00'] } as const

const STAFF = [
  ['asha', 'csa', PLANT],
  ['imran', 'csa', PLANT],
  ['binod', 'technician', PLANT],
  ['jyoti', 'technician', PLANT],
  ['chandan', 'operator', PLANT],
  ['deepa', 'cluster-in-charge', 'cluster:Saran East'],
  ['farid', 'state-in-charge', 'state:BH'],
  ['geeta', 'head-office', '*'],
] as const

/** The plant of a simulation, with room and meters for everybody, and nobody connected. `wallFrom` is when its clock shows `startsAt`. */
export async function buildPlant(db: Db, { startsAt, lives }: Plan, wallFrom: string): Promise<void> {
  const capacityW = 1_000 * Math.max(lives.length, 25)
  await db
    .insertInto('plants')
    .values({ plant: PLANT, state: 'BH', name: 'Katsa', cluster: 'Saran East', timeZone: ZONE, currency: 'INR', capacityW })
    .execute()
  await db
    .insertInto('clockSegments')
    .values({ plant: PLANT, wallFrom, businessFrom: startsAt, speed: 1, reason: 'simulation' })
    .execute()
  await db
    .insertInto('policies')
    .values({ plant: PLANT, version: 1, effectiveFrom: '2026-01-01', document: JSON.stringify(KATSA_POLICY_V1) })
    .execute()
  await db
    .insertInto('feeders')
    .values(FEEDERS.map((feeder) => ({ plant: PLANT, feeder, capacityW })))
    .execute()
  const poles = [...new Set(lives.map(({ pole }) => pole))].toSorted()
  await db
    .insertInto('poles')
    .values(poles.map((pole, index) => ({ plant: PLANT, pole, feeder: FEEDERS[index % FEEDERS.length] ?? 'F1' })))
    .execute()
  await db
    .insertInto('staff')
    .values(STAFF.map(([login, role, scope]) => ({ login, name: login, role, scope, passwordHash: '-' })))
    .execute()
  await db.insertInto('packages').values(PACKAGES.map(packageRow)).execute()
  await db.insertInto('meters').values(stock(lives.length)).execute()
  await bringMoney(db, startsAt)
}

function packageRow([
  code,
  timing,
  loadLimitW,
  fixedChargeMinor,
  energyRateMinorPerKwh,
  expectedKwh,
  meterKinds,
]: (typeof PACKAGES)[number]) {
  const [activeFrom, activeTo] = HOURS[timing]
  return {
    ...{
      plant: PLANT,
      code,
      version: 1,
      timing,
      activeFrom,
      activeTo,
      loadLimitW,
      fixedChargeMinor,
      energyRateMinorPerKwh,
      expectedKwh,
    },
    mode: code.startsWith('A') ? 'prepaid' : 'postpaid',
    meterKinds: [...meterKinds],
    effectiveFrom: '2025-01-01',
  }
}

/** More of every kind than there are households: some change their meter. */
function stock(customers: number) {
  return Object.entries(LETTERS).flatMap(([kind, letters]) =>
    Array.from({ length: Math.ceil(customers * 1.5) + 10 }, (_, index) => ({
      serial: `${letters}${700_001 + index}`,
      plant: PLANT,
      kind,
      state: 'free',
    })),
  )
}

async function bringMoney(db: Db, at: string): Promise<void> {
  await inTransaction(db, (tx) =>
    post(tx, {
      eventKey: `simulation:${PLANT}:at-the-bank`,
      plant: PLANT,
      accountId: null,
      currency: 'INR',
      businessAt: at,
      postings: [{ leg: 1, debit: bank(PLANT), credit: opening(PLANT), amountMinor: AT_THE_BANK_MINOR }],
    }),
  )
}
