import rateLimit from '@fastify/rate-limit'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'

/**
 * Log-ins are limited by address and identity, so that passwords cannot be tried out and one caller cannot lock out another;
 * sign-ups by address alone. Counted in this process: behind several, each allows as many. Other routes cost a token.
 */
export async function limitRates(app: Api, { config }: ApiDeps): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    max: config.logInsPerMinute ?? 10,
    timeWindow: '1 minute',
    hook: 'preHandler',
    keyGenerator: (request) => `${request.ip} ${identityOf(request.body)}`,
    errorResponseBuilder: (_request, { ttl }) =>
      new ApiError('TOO_MANY_REQUESTS', 'Too many attempts. Wait a little.', { retryAfterSeconds: Math.ceil(ttl / 1000) }),
  })
}

function identityOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return ''
  const { login, customerId, accountId, phone } = body as Record<string, unknown>
  return JSON.stringify([login, customerId, accountId, phone])
}
