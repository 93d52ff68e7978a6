import type { FastifyRequest } from 'fastify'
import { findPrincipal, type Principal } from '../../db/queries/sessions.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { isPermitted } from '../permissions.ts'

/** Every route names its action, or says that it is open; a token is looked up and its role checked before a body is read. */
export function authenticate(app: Api, { db, now }: ApiDeps): void {
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async (request) => {
    const { action } = request.routeOptions.config
    if (action === undefined || action === 'open') return
    const principal = await findPrincipal(db, bearerToken(request), new Date(now()).toISOString())
    if (principal === undefined) throw new ApiError('UNAUTHENTICATED', 'This log-in is unknown or has ended.')
    if (!isPermitted(principal.role, action)) throw new ApiError('NOT_PERMITTED', `A ${principal.role} may not do this.`)
    request.setDecorator<Principal>('principal', principal)
  })
}

/** The opaque token of the Authorization header. */
export function bearerToken(request: FastifyRequest): string {
  const [, token] = /^Bearer ([A-Za-z0-9_-]{20,100})$/i.exec(request.headers.authorization ?? '') ?? []
  if (token === undefined) throw new ApiError('UNAUTHENTICATED', 'Log in first, and send the token as a bearer token.')
  return token
}
