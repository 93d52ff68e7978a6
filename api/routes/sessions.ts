import { type Static, Type } from '@fastify/type-provider-typebox'
import { createSession, endSession, type SessionHolder } from '../../db/queries/sessions.ts'
import {
  findHolderPassword,
  findPhonePasswords,
  findStaffPassword,
  heldAccounts,
  type PersonPassword,
} from '../../db/queries/staff.ts'
import type { Db } from '../../db/client.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { isPassword } from '../passwords.ts'
import { bearerToken } from '../plugins/authentication.ts'
import { limitOfAddress } from '../plugins/rate-limits.ts'
import { principalOf } from '../principal.ts'
import { AccountId, Actor, Closed, CustomerId, IsoInstant, Login, Phone, Plant } from '../schemas.ts'

const SESSION_MS = 12 * 60 * 60 * 1000

const LogIn = Closed(
  {
    login: Type.Optional(Login),
    customerId: Type.Optional(CustomerId),
    accountId: Type.Optional(AccountId),
    phone: Type.Optional(Phone),
    password: Type.String({ minLength: 4, maxLength: 200 }),
  },
  { minProperties: 2, maxProperties: 2, description: 'Staff by log-in; customers by customer ID, by application, or by phone.' },
)

const Session = Type.Object({ token: Type.String({ description: 'Send as a bearer token.' }), expiresAt: IsoInstant })
const Me = Type.Object({
  kind: Type.String(),
  actor: Actor,
  role: Type.String(),
  scope: Type.Optional(Type.String()),
  plants: Type.Array(Plant),
})

/** Logging in and out, and who one is. */
export function sessionRoutes(app: Api, deps: ApiDeps): void {
  const { db, now } = deps
  app.post(
    '/v1/sessions',
    {
      config: { action: 'open', rateLimit: {} },
      onRequest: limitOfAddress(app, deps),
      schema: { tags: ['Sessions'], summary: 'Log in', body: LogIn, response: { 201: Session } },
    },
    async (request, reply) => {
      const holder = await identify(db, request.body)
      const expiresAt = new Date(now() + SESSION_MS).toISOString()
      return reply.code(201).send({ token: await createSession(db, holder, expiresAt), expiresAt })
    },
  )

  app.delete(
    '/v1/sessions/current',
    { config: { action: 'me.read' }, schema: { tags: ['Sessions'], summary: 'Log out', response: { 204: Type.Null() } } },
    async (request, reply) => {
      await endSession(db, bearerToken(request), new Date(now()).toISOString())
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/v1/me',
    { config: { action: 'me.read' }, schema: { tags: ['Sessions'], summary: 'Who one is', response: { 200: Me } } },
    async (request) => {
      const { kind, actor, role, plants, ...rest } = principalOf(request)
      return { kind, actor, role, plants: [...plants], ...('scope' in rest && { scope: rest.scope }) }
    },
  )
}

async function identify(db: Db, asked: Static<typeof LogIn>): Promise<SessionHolder> {
  if (asked.login !== undefined) {
    if (await isPassword(await findStaffPassword(db, asked.login), asked.password)) return { staffLogin: asked.login }
    throw wrong()
  }
  const [first, ...others] = await matching(await candidates(db, asked), asked.password)
  if (first === undefined) throw wrong()
  if (others.length > 0) throw await chooseConnection(db, [first, ...others])
  return { personId: first.personId }
}

async function candidates(db: Db, { customerId, accountId, phone }: Static<typeof LogIn>): Promise<PersonPassword[]> {
  if (customerId !== undefined) return findHolderPassword(db, { customerId })
  if (accountId !== undefined) return findHolderPassword(db, { accountId })
  return phone === undefined ? [] : findPhonePasswords(db, phone)
}

/** Those whose password it is. Where there is nobody, one is tried all the same. */
async function matching(people: readonly PersonPassword[], password: string): Promise<PersonPassword[]> {
  if (people.length === 0) await isPassword(undefined, password)
  const matches = await Promise.all(people.map(({ passwordHash }) => isPassword(passwordHash, password)))
  return people.filter((_, index) => matches[index])
}

/** A shared phone does not say who is there (policy "Names and numbers"): the caller names the connection. */
async function chooseConnection(db: Db, people: readonly PersonPassword[]): Promise<ApiError> {
  const held = await heldAccounts(
    db,
    people.map(({ personId }) => personId),
  )
  const choices = held.map(({ accountId, customerId }) => customerId ?? accountId)
  return new ApiError('CHOOSE_CONNECTION', 'Several customers share this phone. Log in with the customer ID.', {
    details: { choices },
  })
}

function wrong(): ApiError {
  return new ApiError('WRONG_CREDENTIALS', 'Log-in or password is wrong.')
}
