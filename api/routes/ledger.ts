import { Type } from '@fastify/type-provider-typebox'
import { trialBalance } from '../../db/queries/ledger.ts'
import { listPlants } from '../../db/queries/places.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { Closed, Currency, MoneyMinor, Plant } from '../schemas.ts'
import { visiblePlant } from '../visible.ts'

const TrialBalance = Type.Object({
  plant: Plant,
  currency: Currency,
  debitMinor: MoneyMinor,
  creditMinor: MoneyMinor,
  items: Type.Array(Type.Object({ code: Type.String(), class: Type.String(), debitMinor: MoneyMinor, creditMinor: MoneyMinor })),
})

/** The books of a plant. */
export function ledgerRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/v1/ledger/trial-balance',
    {
      config: { action: 'ledger.read' },
      schema: {
        tags: ['Ledger'],
        summary: 'Every ledger account of a plant; debits and credits are equal',
        querystring: Closed({ plant: Plant }),
        response: { 200: TrialBalance },
      },
    },
    async (request) => {
      const plant = visiblePlant(request, request.query.plant)
      const items = await trialBalance(db, plant)
      const total = (side: 'debitMinor' | 'creditMinor'): number => items.reduce((sum, row) => sum + row[side], 0)
      const [row] = await listPlants(db, [plant])
      return { plant, currency: row?.currency ?? '', debitMinor: total('debitMinor'), creditMinor: total('creditMinor'), items }
    },
  )
}
