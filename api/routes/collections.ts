import type { Static } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { processIds } from '../../domain/process-ids.ts'
import { confirmBan, cutProtected, declineBan, keepProtected } from '../../workflows/collect-dues.ts'
import type { DecisionUpdate } from '../../workflows/decisions.ts'
import { decide } from '../decide.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { Closed, CustomerId, FreeText, OneOf, StandingDecision } from '../schemas.ts'
import { visibleAccount } from '../visible.ts'

const tags = ['Collection']
const params = Closed({ customerId: CustomerId })
const response = { 200: StandingDecision }

interface Answer {
  readonly update: DecisionUpdate
  readonly verdict: string
}

const PROTECTED = {
  cut: { update: cutProtected, verdict: 'cut' },
  keep: { update: keepProtected, verdict: 'keep' },
} as const satisfies Record<string, Answer>
const BAN = {
  confirm: { update: confirmBan, verdict: 'confirmed' },
  decline: { update: declineBan, verdict: 'declined' },
} as const satisfies Record<string, Answer>

/** What the collection of a debt asks an in-charge (policy, "Chasing and cutting"). */
export function collectionRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/customers/:customerId/collection/protection',
    {
      config: { action: 'collection.decide-protected', idempotent: true },
      schema: {
        tags,
        summary: 'Decide whether a protected customer may be cut for the debt asked about',
        params,
        body: Closed({ verdict: OneOf(['cut', 'keep']), text: FreeText }),
        response,
      },
    },
    async (request) => send(deps, request, { ...request.params, ...PROTECTED[request.body.verdict], text: request.body.text }),
  )

  app.post(
    '/v1/customers/:customerId/collection/ban',
    {
      config: { action: 'collection.decide', idempotent: true },
      schema: {
        tags,
        summary: 'Decide whether the contract of a customer who stayed dark and unpaid ends',
        params,
        body: Closed({ verdict: OneOf(['confirm', 'decline']), text: FreeText }),
        response,
      },
    },
    async (request) => send(deps, request, { ...request.params, ...BAN[request.body.verdict], text: request.body.text }),
  )
}

async function send(
  deps: ApiDeps,
  request: FastifyRequest,
  { customerId, update, verdict, text }: Answer & { customerId: string; text: string },
): Promise<Static<typeof StandingDecision>> {
  const { plant } = await visibleAccount(deps.db, request, { customerId })
  return decide(deps, { request, workflowId: processIds.collection(customerId), plant, update, verdict, text })
}
