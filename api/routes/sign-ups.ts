import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { createApplication } from '../../db/queries/applications.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { readClock } from '../../db/queries/clock.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { businessAt } from '../../domain/business-time.ts'
import { CUSTOMER_CATEGORIES } from '../../domain/category.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { hashPassword } from '../passwords.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { AccountId, Closed, Line, OneOf, Phone, Plant } from '../schemas.ts'
import { notFound } from '../visible.ts'

const SignUp = Closed({
  plant: Plant,
  name: Line(200),
  nameHi: Type.Optional(Line(200)),
  phone: Phone,
  language: OneOf(['en', 'hi']),
  category: OneOf(CUSTOMER_CATEGORIES),
  address: Line(500),
  password: Type.String({ minLength: 8, maxLength: 200, description: 'To log in with the application’s code, or the phone.' }),
})
const SignedUp = Type.Object({ applicationId: AccountId })

/** A household asks for a connection by itself, in the app, where nobody knows it yet (manual 2.2.2). */
export function signUpRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/sign-ups',
    {
      // Counted by address alone and before anything else is done: a phone is easily made up, and a password costs work to hash.
      config: {
        action: 'open',
        idempotent: true,
        rateLimit: { hook: 'onRequest', keyGenerator: (request: FastifyRequest) => request.ip },
      },
      schema: { tags: ['Applications'], summary: 'Apply without a log-in', body: SignUp, response: { 201: SignedUp } },
    },
    async (request, reply) => reply.code(201).send(await signUp(deps, request, request.body)),
  )
}

async function signUp(
  { db, now }: ApiDeps,
  request: FastifyRequest,
  { plant, category, address, password, ...person }: Static<typeof SignUp>,
): Promise<Static<typeof SignedUp>> {
  const clock = await readClock(db, plant)
  if (clock.length === 0) throw notFound('plant')
  const asOf = businessAt(clock, now())
  const { currency } = await readPlant(db, plant, asOf)
  const passwordHash = await hashPassword(password)
  return inTransaction(db, async (tx) => {
    const applicant = { ...person, passwordHash }
    const made = await createApplication(tx, { plant, currency, applicant, category, address, origin: 'app', asOf })
    const answer = { applicationId: made.applicationId }
    await recordAudit(tx, {
      actor: `customer:${made.personId}`,
      action: 'signUp',
      subject: processIds.onboarding(made.applicationId),
      plant,
      businessAt: asOf,
      after: { ...answer, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: answer })
    return answer
  })
}
