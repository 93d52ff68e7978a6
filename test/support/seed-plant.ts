import { parse } from 'csv-parse/sync'
import { readFileSync } from 'node:fs'
import type { Db } from '../../db/client.ts'
import { parsePackageText } from '../../domain/package.ts'
import type { PlantPolicy } from '../../domain/policy.ts'
import { giveFloat } from './cash.ts'

export const PLANT = 'BHKATS'
export const ZONE = 'Asia/Kolkata'

function rows(file: string): Record<string, string>[] {
  return parse(readFileSync(new URL(`../../dev/village/data/${file}`, import.meta.url)), { columns: true, bom: true })
}

/** The plant, its lines, packages, staff and stock as the village's own files have them; no customers. */
export async function seedPlant(
  db: Db,
  { wallFrom, startsAt, policy }: { wallFrom: string; startsAt: string; policy: PlantPolicy },
): Promise<void> {
  await db
    .insertInto('plants')
    .values({
      plant: PLANT,
      state: 'BH',
      name: 'Katsa',
      cluster: 'Saran East',
      timeZone: ZONE,
      currency: 'INR',
      capacityW: 25000,
    })
    .execute()
  await db
    .insertInto('clockSegments')
    .values({ plant: PLANT, wallFrom, businessFrom: startsAt, speed: 1, reason: 'test' })
    .execute()
  await db
    .insertInto('policies')
    .values({ plant: PLANT, version: 1, effectiveFrom: '2026-01-01', document: JSON.stringify(policy) })
    .execute()
  await db
    .insertInto('feeders')
    .values(rows('katsa-feeders.csv').map((r) => ({ plant: PLANT, feeder: String(r.feeder), capacityW: Number(r.capacity_w) })))
    .execute()
  await db
    .insertInto('poles')
    .values(rows('katsa-poles.csv').map((r) => ({ plant: PLANT, pole: String(r.pole), feeder: String(r.feeder) })))
    .execute()
  await db
    .insertInto('staff')
    .values(
      rows('katsa-staff.csv').map((r) => ({
        login: String(r.login),
        name: String(r.name),
        role: String(r.role),
        scope: String(r.scope),
        passwordHash: '-',
      })),
    )
    .execute()
  await db.insertInto('packages').values(rows('katsa-packages.csv').map(packageRow)).execute()
  await db
    .insertInto('meters')
    .values(
      rows('katsa-stock.csv').map((r) => ({ serial: String(r.serial), plant: PLANT, kind: String(r.meter_kind), state: 'free' })),
    )
    .execute()
  await giveFloat(db, startsAt)
}

function packageRow(r: Record<string, string>) {
  const { code, mode, timing, loadLimitW } = parsePackageText(String(r.package_id), 'INR')
  const [activeFrom = '', activeTo = ''] = String(r.active_hours).split('-')
  return {
    plant: PLANT,
    code,
    version: 1,
    mode,
    timing,
    activeFrom,
    activeTo,
    loadLimitW,
    fixedChargeMinor: Number(r.fixed_charge_minor),
    energyRateMinorPerKwh: Number(r.energy_rate_minor_per_kwh),
    expectedKwh: Number(r.expected_kwh),
    meterKinds: String(r.meter_kinds).split(' '),
    effectiveFrom: '2025-01-01',
  }
}
