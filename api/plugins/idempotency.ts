import { createHmac } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type IdempotentRequest, keepAnswer, releaseKey, takeKey } from '../../db/queries/idempotency.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { principalOf } from '../principal.ts'

/**
 * A command is done once for each Idempotency-Key of its caller (draft-ietf-httpapi-idempotency-key-header-07). Asked again it
 * answers the same, marked as a replay; trouble of our own (5xx) gives the key back.
 */
export function answerCommandsOnce(app: Api, { db, config }: ApiDeps): void {
  app.decorateRequest('takenKey', null)
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.idempotent === true && request.headers['idempotency-key'] === undefined)
      throw new ApiError('IDEMPOTENCY_KEY_MISSING', 'Send an Idempotency-Key: without one a second try could do it twice.')
  })
  app.addHook('preHandler', async (request, reply) => {
    if (request.routeOptions.config.idempotent !== true) return
    const wanted = idempotencyOf(request)
    const key = await takeKey(db, wanted, fingerprintOf(request, config.kycKey ?? ''))
    if (key.state === 'other-body')
      throw new ApiError('IDEMPOTENCY_CONFLICT', 'This Idempotency-Key was used for another request.')
    if (key.state === 'running')
      throw new ApiError('IDEMPOTENCY_IN_PROGRESS', 'The first request with this Idempotency-Key is still running.', {
        retryAfterSeconds: 1,
      })
    if (key.state === 'taken') return request.setDecorator<IdempotentRequest>('takenKey', wanted)
    return replay(reply, key)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    const taken = request.getDecorator<IdempotentRequest | null>('takenKey')
    if (taken === null) return payload
    const isDone = reply.statusCode < 300 && reply.statusCode !== 202
    if (reply.statusCode >= 500 || (request.routeOptions.config.answersLater === true && !isDone)) await releaseKey(db, taken)
    else
      await keepAnswer(db, taken, {
        status: reply.statusCode,
        body: typeof payload === 'string' && payload !== '' ? JSON.parse(payload) : null,
      })
    return payload
  })
}

/**
 * The caller and the key under which this command is done once. Those without a log-in share their keys; whoever chooses one that
 * was used is told so, unless all of what was asked, password included, is the same.
 */
export function idempotencyOf(request: FastifyRequest): IdempotentRequest {
  const { action } = request.routeOptions.config
  return { actor: action === 'open' ? 'open' : principalOf(request).actor, key: String(request.headers['idempotency-key']) }
}

function replay(reply: FastifyReply, { status, body }: { status: number; body: unknown }): FastifyReply {
  const type = status >= 400 ? 'application/problem+json' : 'application/json; charset=utf-8'
  void reply.code(status).header('idempotency-replayed', 'true')
  return body === null ? reply.send() : reply.type(type).serializer(String).send(JSON.stringify(body))
}

/** What was asked, whatever the order of its fields. Keyed: a body may hold an identity number, which a plain digest would let guess. */
function fingerprintOf(request: FastifyRequest, key: Buffer | string): string {
  const asked = JSON.stringify([request.method, request.url, request.body ?? null], (_key, value: unknown) => sorted(value))
  return createHmac('sha256', key).update(asked).digest('hex')
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
