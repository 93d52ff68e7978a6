import { type Static, Type } from '@fastify/type-provider-typebox'
import type { PriceChange } from '../db/queries/price-changes.ts'
import { Actor, Closed, FreeText, IsoDate, IsoInstant, MoneyMinor, Nullable, onlyNamed, PackageCode, Plant } from './schemas.ts'

export const PriceChangeId = Type.String({ pattern: '^[A-Z]{6}-V[0-9]{1,9}$', examples: ['BHKATS-V2'] })
const Count = Type.Integer({ minimum: 0 })
const price = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: 1e9, description }))

/** What a new version costs; what is left out stays as it is. */
export const PriceBody = Closed({
  from: Type.Unsafe<string>({ ...IsoDate, description: 'First day of a period, at least the notice after today.' }),
  fixedChargeMinor: price('A period’s fixed charge, in minor units.'),
  energyRateMinorPerKwh: price('A unit, in minor units; 0 for pre-paid.'),
  expectedKwh: price('Units a household like this uses in a period.'),
  text: Type.Optional(FreeText),
})

export const PriceChangeView = Type.Object({
  priceChangeId: PriceChangeId,
  plant: Plant,
  packageCode: PackageCode,
  fromVersion: Type.Unsafe<number>({ ...Count, description: 'The newest version when it was asked for.' }),
  toVersion: Nullable(Type.Unsafe<number>({ ...Count, description: 'The version it made; null before its release.' })),
  fixedChargeMinor: MoneyMinor,
  energyRateMinorPerKwh: MoneyMinor,
  expectedKwh: Count,
  wishedFrom: IsoDate,
  effectiveFrom: Nullable(
    Type.Unsafe<string>({ ...IsoDate, description: 'Nobody pays it before; each only after their notice.' }),
  ),
  requestedBy: Actor,
  requestedAt: IsoInstant,
  releasedBy: Nullable(Actor),
  releasedAt: Nullable(IsoInstant),
  endedAt: Nullable(IsoInstant),
  endedAs: Nullable(Type.String()),
})

/** As the answer says it, also when it is given again: nothing but what the schema names. */
export function showPriceChange(change: PriceChange): Static<typeof PriceChangeView> {
  return onlyNamed(PriceChangeView, change)
}
