import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { listReadings } from '../../db/queries/account-history.ts'
import { cycleWantingReading, lastReadRegister } from '../../db/queries/boundary-readings.ts'
import { DomainError } from '../../domain/errors.ts'
import { enterReading } from '../../workflows/bill-customer.ts'
import { Reading } from '../account-schemas.ts'
import { decide } from '../decide.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import { Closed, CustomerId, EnergyWh, Page, paging, StandingDecision } from '../schemas.ts'
import { visibleAccount } from '../visible.ts'

const tags = ['Readings']
const params = Closed({ customerId: CustomerId })
const Entered = Closed({
  registerWh: EnergyWh,
  photoRef: Type.Optional(
    Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$', description: 'Where the photo of the meter is kept.' }),
  ),
})

/** Registers of a connection: what was read, and entering one that nobody was sent for. */
export function readingRoutes(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/customers/:customerId/readings',
    {
      config: { action: 'accounts.read' },
      schema: {
        tags,
        summary: 'Registers of a connection, newest first',
        params,
        querystring: Closed(paging),
        response: { 200: Page(Reading) },
      },
    },
    async (request) => {
      const { customerId } = request.params
      await visibleAccount(deps.db, request, { customerId })
      const { limit, after } = numberedPageAsked(request.query)
      const rows = await listReadings(deps.db, customerId, { before: after, limit: limit + 1 })
      return pageOf(rows, limit, ({ readingId }) => readingId)
    },
  )

  app.post(
    '/v1/customers/:customerId/readings',
    {
      config: { action: 'readings.enter', idempotent: true },
      schema: {
        tags,
        summary: 'Enter a register that was read without a task; another person looks at it',
        params,
        body: Entered,
        response: { 200: StandingDecision },
      },
    },
    async (request) => enter(deps, request, { ...request.params, ...request.body }),
  )
}

async function enter(
  deps: ApiDeps,
  request: FastifyRequest,
  { customerId, registerWh, photoRef }: Static<typeof Entered> & { customerId: string },
): Promise<Static<typeof StandingDecision>> {
  const { plant } = await visibleAccount(deps.db, request, { customerId })
  const lastWh = await lastReadRegister(deps.db, customerId)
  if (lastWh !== undefined && registerWh < lastWh)
    throw new DomainError('READING_BELOW_LAST', 'A reading is never below the last one', { lastWh, currentWh: registerWh })
  const cycle = await cycleWantingReading(deps.db, customerId)
  if (cycle === undefined) throw new DomainError('WRONG_STAGE', 'No reading is wanted of this connection now')
  const detail = { registerWh, ...(photoRef !== undefined && { photoRef }) }
  return decide(deps, { request, workflowId: cycle.workflowId, plant, update: enterReading, detail })
}
