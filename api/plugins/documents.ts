import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { Api } from '../deps.ts'
import { PROBLEM_STATUS, type ProblemCode } from '../errors.ts'
import { titleOf } from '../problem.ts'

const DESCRIPTION = [
  'Customer operations of electricity mini-grids. Amounts are whole minor units (paise) beside their currency, energy is whole watt-hours, instants are',
  'RFC 3339 UTC in the plant’s business time. Lists answer `{items, nextCursor}`. Refusals are problem documents (RFC 9457) with a stable `code`; the codes',
  'are listed at `/problems`. Whatever moves money or commands something takes an `Idempotency-Key`: sent again with the same key it answers the same.',
].join(' ')

/** OpenAPI 3.1 made from the routes' own schemas, for people at /docs and for programs at /docs/json. */
export async function publishDocuments(app: Api): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Diya',
        version: '1.0.0',
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'The token of POST /v1/sessions.' } },
      },
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })
  app.get('/problems', { schema: { hide: true } }, () => ({
    problems: Object.keys(PROBLEM_STATUS).map((code) => describe(code as ProblemCode)),
  }))
}

function describe(code: ProblemCode): { type: string; code: ProblemCode; title: string; status: number } {
  return {
    type: `/problems/${code.toLowerCase().replaceAll('_', '-')}`,
    code,
    title: titleOf(code),
    status: PROBLEM_STATUS[code],
  }
}
