import type { RouteOptions } from 'fastify'
import { type Action, PERMISSIONS } from '../permissions.ts'
import type { Api } from '../deps.ts'
import { ProblemSchema } from '../schemas.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What one must be permitted to do; `open` for routes without log-in. */
    action?: Action | 'open'
    /** Takes an Idempotency-Key: every POST that moves money or commands something. */
    idempotent?: boolean
    /** Knows by itself what was asked under a key: only what is done is kept for a replay, not a 202 and not a refusal. */
    answersLater?: boolean
  }
}

interface DeclaredSchema {
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly body?: object
  readonly querystring?: object
  readonly params?: object
  readonly headers?: object
  readonly response?: Record<string, object>
}

const KEY_HEADER = {
  type: 'object',
  required: ['idempotency-key'],
  properties: {
    'idempotency-key': {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      pattern: '^[\\x21-\\x7e]+$',
      description: 'Chosen by the caller, one for each thing to be done.',
    },
  },
}

/**
 * Holds every route under /v1 to what a reader of the documents may expect, at start and not in review: an action, a summary, a
 * success, closed inputs. The refusals that every such route can give are added to its responses.
 */
export function ruleRoutes(app: Api): void {
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/v1/') || route.method === 'HEAD' || route.method === 'OPTIONS') return
    const schema = (route.schema ?? {}) as DeclaredSchema
    const faults = faultsOf(route, schema)
    if (faults.length > 0) throw new Error(`${String(route.method)} ${route.url}: ${faults.join(', ')}`)
    const { action = 'open' } = route.config ?? {}
    const access = action === 'open' ? { security: [] } : { security: [{ bearer: [] }], 'x-roles': PERMISSIONS[action] }
    const headers = route.config?.idempotent === true ? { headers: KEY_HEADER } : {}
    route.schema = {
      ...schema,
      ...headers,
      ...access,
      response: { ...problemsOf(route, schema), ...schema.response },
    }
  })
}

function faultsOf(route: RouteOptions, schema: DeclaredSchema): string[] {
  const inputs = { body: schema.body, querystring: schema.querystring, params: schema.params }
  const faults = Object.entries(inputs).flatMap(([part, input]) =>
    input === undefined || isClosed(input) ? [] : [`${part} takes unknown fields`],
  )
  if (route.config?.action === undefined) faults.push('no action')
  if (schema.summary === undefined || schema.tags === undefined) faults.push('no summary or tags')
  if (!Object.keys(schema.response ?? {}).some((status) => status.startsWith('2'))) faults.push('no success declared')
  if (/:|\*/.test(route.url) && schema.params === undefined) faults.push('path without a schema')
  if (route.method !== 'GET' && route.method !== 'DELETE' && schema.body === undefined) faults.push('body without a schema')
  return faults
}

function isClosed(input: object): boolean {
  return 'additionalProperties' in input && input.additionalProperties === false
}

function problemsOf(route: RouteOptions, schema: DeclaredSchema): Record<number, object> {
  const statuses = [429, 500, 503]
  if (route.config?.action !== 'open') statuses.push(401, 403)
  if (schema.params !== undefined) statuses.push(404)
  if (schema.body ?? schema.querystring ?? schema.params) statuses.push(400)
  if (route.config?.idempotent === true) statuses.push(400, 409, 422)
  if (schema.body !== undefined) statuses.push(413, 415)
  const content = { 'application/problem+json': { schema: ProblemSchema } }
  return Object.fromEntries(
    [...new Set(statuses)].sort().map((status) => [status, { description: 'Refused: see `code`.', content }]),
  )
}
