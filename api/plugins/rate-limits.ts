import rateLimit from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'

/** So many identities may be tried from one address: a counter of the company has several people behind one. */
const IDENTITIES_PER_ADDRESS = 6

/**
 * Log-ins are limited by address and identity, so that passwords cannot be tried out and one caller cannot lock out another, and
 * by address alone, for every try costs work to hash; sign-ups by address alone. Counted in this process: behind several, each
 * allows as many. Other routes cost a token.
 */
export async function limitRates(app: Api, { config }: ApiDeps): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    max: config.logInsPerMinute ?? 10,
    timeWindow: '1 minute',
    hook: 'preHandler',
    keyGenerator: (request) => `${request.ip} ${identityOf(request.body)}`,
    errorResponseBuilder: (_request, { ttl }) => tooMany(ttl),
  })
}

/** The limit of one address over all identities, before anything else is done. */
export function limitOfAddress(app: Api, { config }: ApiDeps): (request: FastifyRequest) => Promise<void> {
  const count = app.createRateLimit({
    max: (config.logInsPerMinute ?? 10) * IDENTITIES_PER_ADDRESS,
    timeWindow: '1 minute',
    keyGenerator: (request) => request.ip,
  })
  return async (request) => {
    const counted = await count(request)
    if (!counted.isAllowed && counted.isExceeded) throw tooMany(counted.ttl)
  }
}

function tooMany(ttlMs: number): ApiError {
  return new ApiError('TOO_MANY_REQUESTS', 'Too many attempts. Wait a little.', { retryAfterSeconds: Math.ceil(ttlMs / 1000) })
}

function identityOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return ''
  const { login, customerId, accountId, phone } = body as Record<string, unknown>
  return JSON.stringify([login, customerId, accountId, phone])
}
