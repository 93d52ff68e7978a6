import { Type } from '@fastify/type-provider-typebox'
import { businessAt } from '../../domain/business-time.ts'
import { businessNow, readClock } from '../../db/queries/clock.ts'
import { listPackages, listPlants } from '../../db/queries/places.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { packageText, type PackageTerms } from '../../domain/package.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { principalOf } from '../principal.ts'
import { Closed, Currency, IsoDate, IsoInstant, MoneyMinor, Nullable, PackageCode, Plant } from '../schemas.ts'
import { visiblePlant, visiblePlants } from '../visible.ts'

const Whole = Type.Integer({ minimum: 0 })
const PlantRow = Type.Object({
  plant: Plant,
  name: Type.String(),
  state: Type.String(),
  cluster: Type.String(),
  timeZone: Type.String(),
  currency: Currency,
  capacityW: Whole,
  sandbox: Type.Boolean(),
})

const Package = Type.Object({
  plant: Plant,
  code: PackageCode,
  version: Whole,
  text: Type.String({ description: 'Figure 10: `B1.1 (FD) / 500 / 50+18u`.' }),
  mode: Type.String(),
  timing: Type.String(),
  activeFrom: Type.String(),
  activeTo: Type.String(),
  loadLimitW: Whole,
  currency: Currency,
  fixedChargeMinor: MoneyMinor,
  energyRateMinorPerKwh: MoneyMinor,
  expectedKwh: Whole,
  meterKinds: Type.Array(Type.String()),
  effectiveFrom: IsoDate,
  retiredOn: Nullable(IsoDate),
})

const Clock = Type.Object({
  plant: Plant,
  now: IsoInstant,
  speed: Type.Number({ description: 'Business time a moment of real time; 1 in production, 0 while it stands.' }),
  timeZone: Type.String(),
  sandbox: Type.Boolean(),
})

const Policy = Type.Object({ version: Whole, validFrom: IsoDate }, { additionalProperties: true })

/** Plants, what they offer, and what time it is there. */
export function plantRoutes(app: Api, deps: ApiDeps): void {
  const { db, now } = deps
  policyRoute(app, deps)

  app.get(
    '/v1/plants',
    {
      config: { action: 'plants.read' },
      schema: { tags: ['Plants'], summary: 'One’s plants', response: { 200: Type.Object({ items: Type.Array(PlantRow) }) } },
    },
    async (request) => ({ items: await listPlants(db, principalOf(request).plants) }),
  )

  app.get(
    '/v1/packages',
    {
      config: { action: 'packages.read' },
      schema: {
        tags: ['Plants'],
        summary: 'Packages: all versions, or those on offer on a day',
        querystring: Closed({ plant: Type.Optional(Plant), code: Type.Optional(PackageCode), on: Type.Optional(IsoDate) }),
        response: { 200: Type.Object({ items: Type.Array(Package) }) },
      },
    },
    async (request) => {
      const plants = visiblePlants(request, request.query.plant)
      const currencies = new Map((await listPlants(db, plants)).map((row) => [row.plant, row.currency]))
      const rows = await listPackages(db, plants, request.query)
      return { items: rows.map((row) => ({ ...row, ...currencyOf(row, currencies) })) }
    },
  )

  app.get(
    '/v1/clock',
    {
      config: { action: 'clock.read' },
      schema: {
        tags: ['Plants'],
        summary: 'Business time of a plant',
        querystring: Closed({ plant: Plant }),
        response: { 200: Clock },
      },
    },
    async (request) => {
      const [row] = await listPlants(db, [visiblePlant(request, request.query.plant)])
      const segments = await readClock(db, request.query.plant)
      const wall = new Date(now()).toISOString()
      const speed = segments.findLast(({ wallFrom }) => wallFrom <= wall)?.speed ?? 0
      return {
        plant: request.query.plant,
        now: businessAt(segments, now()),
        speed,
        timeZone: row?.timeZone ?? '',
        sandbox: row?.sandbox ?? false,
      }
    },
  )
}

function policyRoute(app: Api, { db, now }: ApiDeps): void {
  app.get(
    '/v1/plants/:plant/policy',
    {
      config: { action: 'policies.read' },
      schema: {
        tags: ['Plants'],
        summary: 'The rules of a plant in force now: durations by ISO 8601, amounts in minor units',
        params: Closed({ plant: Plant }),
        response: { 200: Policy },
      },
    },
    async (request) => {
      const plant = visiblePlant(request, request.params.plant)
      return (await readPlant(db, plant, await businessNow(db, plant, now()))).policy
    },
  )
}

function currencyOf(row: { plant: string }, currencies: ReadonlyMap<string, string>): { currency: string; text: string } {
  const currency = currencies.get(row.plant) ?? ''
  return { currency, text: packageText(row as unknown as PackageTerms, currency) }
}
