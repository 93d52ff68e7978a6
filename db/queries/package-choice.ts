import { DomainError } from '../../domain/errors.ts'
import { meterFits, type MeterKind, type PackageTerms } from '../../domain/package.ts'
import type { PlantPolicy } from '../../domain/policy.ts'
import type { Db, Tx } from '../client.ts'
import { roomOnPole } from './connections.ts'
import { readOfferedPackage } from './plants.ts'

export interface PackageChoice {
  readonly code: string
  readonly pole: string
  /** The first kind that serves the package, unless said. */
  readonly meterKind?: MeterKind
  readonly depositParts?: number
}

/** What a choice comes to. PACKAGE_UNKNOWN when it was not on offer that day, PACKAGE_METER_UNFIT, INVALID_INPUT for too many parts. */
export async function resolvePackageChoice(
  db: Db | Tx,
  { plant, policy, on }: { plant: string; policy: Pick<PlantPolicy, 'deposit'>; on: string },
  { code, meterKind, depositParts = 1 }: PackageChoice,
): Promise<{ terms: PackageTerms; meterKind: MeterKind; depositParts: number }> {
  const terms = await readOfferedPackage(db, plant, { code, on })
  const kind = meterKind ?? terms.meterKinds[0]
  if (kind === undefined || !meterFits(terms, kind))
    throw new DomainError('PACKAGE_METER_UNFIT', 'this meter cannot serve the package', { code, meterKind: kind ?? null })
  if (!Number.isInteger(depositParts) || depositParts < 1 || depositParts > policy.deposit.maxParts) {
    throw new DomainError('INVALID_INPUT', `a deposit comes in at most ${policy.deposit.maxParts} parts`, { depositParts })
  }
  return { terms, meterKind: kind, depositParts }
}

/** Refuses a choice of package or pole before anybody decides on it: as {@link resolvePackageChoice}, and NOT_FOUND or POLE_FULL for the pole. */
export async function assertPackageChoice(
  db: Db | Tx,
  where: Parameters<typeof resolvePackageChoice>[1],
  choice: PackageChoice,
): Promise<void> {
  await resolvePackageChoice(db, where, choice)
  await assertRoomOnPole(db, where.plant, choice.pole)
}

/** NOT_FOUND when the plant has no such pole, POLE_FULL when its 99 connections are used up. */
export async function assertRoomOnPole(db: Db | Tx, plant: string, pole: string): Promise<void> {
  if ((await roomOnPole(db, plant, pole)) <= 0) throw new DomainError('POLE_FULL', 'this pole has no connection left', { pole })
}
