import type { Db } from '../../db/client.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { PLANT, ZONE } from './village.ts'

/** When everything in a test of the books happens. */
export const ASOF = '2026-07-15T06:00:00.000Z'

/** A plant with a clock that stands, a policy and two agents: enough to owe and to pay, without Temporal. */
export async function openPlant(db: Db): Promise<void> {
  await db
    .insertInto('plants')
    .values({
      plant: PLANT,
      state: 'BH',
      name: 'Katsa',
      cluster: 'Saran East',
      timeZone: ZONE,
      currency: 'INR',
      capacityW: 25_000,
    })
    .execute()
  await db
    .insertInto('clockSegments')
    .values({ plant: PLANT, wallFrom: ASOF, businessFrom: ASOF, speed: 1, reason: 'test' })
    .execute()
  await db
    .insertInto('policies')
    .values({ plant: PLANT, version: 1, effectiveFrom: '2026-01-01', document: JSON.stringify(KATSA_POLICY_V1) })
    .execute()
  const agent = { role: 'csa', scope: PLANT, passwordHash: '-' }
  await db
    .insertInto('staff')
    .values([
      { login: 'asha', name: 'Asha', ...agent },
      { login: 'imran', name: 'Imran', ...agent },
    ])
    .execute()
}
