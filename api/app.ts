import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import Fastify, { LogController } from 'fastify'
import type { Api, ApiDeps } from './deps.ts'
import { authenticate } from './plugins/authentication.ts'
import { publishDocuments } from './plugins/documents.ts'
import { reportHealth } from './plugins/health.ts'
import { answerCommandsOnce } from './plugins/idempotency.ts'
import { limitRates } from './plugins/rate-limits.ts'
import { answerWithProblems, refusePath } from './plugins/problems.ts'
import { ruleRoutes } from './plugins/route-rules.ts'
import { setSecurityHeaders } from './plugins/security-headers.ts'
import { validateStrictly } from './plugins/validation.ts'
import { addRoutes } from './routes.ts'

const BODY_LIMIT_BYTES = 64 * 1024
/** Workflow ids stand in paths. */
const MAX_PATH_PART = 400

/** The API without a socket: the process listens with it, tests inject into it. */
export async function buildApp(deps: ApiDeps): Promise<Api> {
  const options = {
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: MAX_PATH_PART },
    trustProxy: (_address: string, hop: number) => hop < (deps.config.trustedProxies ?? 0),
    genReqId: traceIdOf,
    requestIdHeader: false as const,
    frameworkErrors: refusePath,
    logController: new LogController({ disableRequestLogging: true }),
  }
  const app = (deps.log === false ? Fastify(options) : Fastify({ ...options, loggerInstance: deps.log })) as unknown as Api
  app.removeContentTypeParser('text/plain')
  answerWithProblems(app)
  validateStrictly(app)
  setSecurityHeaders(app)
  ruleRoutes(app)
  authenticate(app, deps)
  answerCommandsOnce(app, deps)
  await limitRates(app, deps)
  await publishDocuments(app)
  reportHealth(app, deps)
  addRoutes(app, deps)
  return app
}

/** The caller's trace goes on (W3C traceparent); otherwise one begins here. */
function traceIdOf(request: IncomingMessage): string {
  const [, trace] = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(String(request.headers.traceparent)) ?? []
  return trace ?? randomBytes(16).toString('hex')
}
