import type { FastifyRequest } from 'fastify'
import type { Principal, StaffPrincipal } from '../db/queries/sessions.ts'
import { ApiError } from './errors.ts'
import { type Action, isPermitted } from './permissions.ts'

/** Who sent this request. Only for routes with an action of their own: the rest have nobody. */
export function principalOf(request: FastifyRequest): Principal {
  const principal = request.getDecorator<Principal | null>('principal')
  if (principal === null) throw new Error(`${request.routeOptions.url ?? 'a route'} asks who is there, but is open to everyone`)
  return principal
}

/** The same where only staff have the action. */
export function staffOf(request: FastifyRequest): StaffPrincipal {
  const principal = principalOf(request)
  if (principal.kind !== 'staff') throw new ApiError('NOT_PERMITTED', 'This is for staff.')
  return principal
}

/** True when whoever asks may do this besides what the route is for. */
export function mayAlso(request: FastifyRequest, action: Action): boolean {
  return isPermitted(principalOf(request).role, action)
}
