import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ApiError, PROBLEM_STATUS } from '../errors.ts'
import type { Api } from '../deps.ts'
import { problemDocument, refusalFrom } from '../problem.ts'

/** One place turns whatever goes wrong into a problem document (RFC 9457); the cause of a 5xx goes to the log, never to the caller. */
export function answerWithProblems(app: Api): void {
  app.setErrorHandler(async (error, request, reply) => {
    const refusal = refusalFrom(error)
    const status = PROBLEM_STATUS[refusal.code]
    if (status >= 500) request.log.error({ err: error, code: refusal.code }, 'request failed')
    if (refusal.retryAfterSeconds !== undefined) void reply.header('retry-after', String(refusal.retryAfterSeconds))
    if (status === 401) void reply.header('www-authenticate', 'Bearer')
    return sendProblem(refusal, request, reply)
  })
  app.setNotFoundHandler(async (request, reply) => {
    return sendProblem(new ApiError('NOT_FOUND', 'There is nothing here.'), request, reply)
  })
}

/** Paths that no route could even be sought for: not decodable, or with a part longer than any id. */
export function refusePath(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const refusal =
    error.statusCode === 400
      ? new ApiError('INVALID_REQUEST', 'This path cannot be read.')
      : new ApiError('NOT_FOUND', 'There is nothing here.')
  void sendProblem(refusal, request, reply)
}

function sendProblem(refusal: ApiError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(PROBLEM_STATUS[refusal.code])
    .type('application/problem+json')
    .send(JSON.stringify(problemDocument(refusal, place(request))))
}

/** The path without its query, which may hold a name that someone searched for. */
function place(request: FastifyRequest): { path: string; traceId: string } {
  return { path: request.url.split('?', 1)[0] ?? '', traceId: request.id }
}
