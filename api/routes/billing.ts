import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { withAccount, inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { countBilling, plantSince } from '../../db/queries/billing.ts'
import { loadBillingSubjects } from '../../db/queries/billing-subjects.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { startWorkflow } from '../../db/queries/outbox.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { findProcess } from '../../db/queries/process-list.ts'
import { billingWindows, boundariesAround } from '../../domain/billing-calendar.ts'
import { dateAt } from '../../domain/calendar.ts'
import { electricitySource } from '../../domain/charge.ts'
import { DomainError } from '../../domain/errors.ts'
import { assertPeriodEnded, periodContaining } from '../../domain/period.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { principalOf } from '../principal.ts'
import { Closed, CustomerId, IsoDate, MoneyMinor, Nullable, Plant, WorkflowId } from '../schemas.ts'
import { visibleAccount, visiblePlant } from '../visible.ts'

const tags = ['Billing']
const ofPlant = Closed({ plant: Plant })
/** How many boundaries the list shows. */
const BOUNDARIES_SHOWN = 12

const Started = Type.Object({ workflowId: WorkflowId, boundary: IsoDate })
const Run = Type.Object({
  boundary: IsoDate,
  workflowId: WorkflowId,
  issued: Type.Integer(),
  waiting: Type.Integer(),
  parked: Type.Integer(),
  amountMinor: MoneyMinor,
  stage: Nullable(Type.String({ description: 'Null where no run was started yet.' })),
  outcome: Nullable(Type.String()),
})
const Asked = Type.Object({ workflowId: WorkflowId, period: IsoDate })

/** Billing runs of a plant, and advances that a lapsed customer asks for. */
export function billingRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/plants/:plant/billing-runs',
    {
      config: { action: 'billing.run', idempotent: true },
      schema: {
        tags,
        summary: 'Bill a period now; who is billed already is not billed again',
        params: ofPlant,
        body: Closed({ boundary: Type.Unsafe<string>({ ...IsoDate, description: 'The day after the period’s last.' }) }),
        response: { 202: Started },
      },
    },
    async (request, reply) => reply.code(202).send(await startRun(deps, request, { ...request.params, ...request.body })),
  )

  app.get(
    '/v1/plants/:plant/billing-runs',
    {
      config: { action: 'billing.read' },
      schema: {
        tags,
        summary: 'How billing stands, newest boundary first',
        params: ofPlant,
        response: { 200: Type.Object({ items: Type.Array(Run) }) },
      },
    },
    async (request) => ({ items: await listRuns(deps, visiblePlant(request, request.params.plant)) }),
  )

  app.post(
    '/v1/customers/:customerId/advance-requests',
    {
      config: { action: 'advances.request', idempotent: true },
      schema: {
        tags,
        summary: 'Ask for a new advance after the last one lapsed',
        params: Closed({ customerId: CustomerId }),
        body: Closed({}),
        response: { 202: Asked },
      },
    },
    async (request, reply) => reply.code(202).send(await askForAdvance(deps, request, request.params.customerId)),
  )
}

async function startRun(
  { db, now }: ApiDeps,
  request: FastifyRequest,
  { plant: asked, boundary }: { plant: string; boundary: string },
): Promise<Static<typeof Started>> {
  const plant = visiblePlant(request, asked)
  const asOf = await businessNow(db, plant, now())
  const { policy, zone } = await readPlant(db, plant, asOf)
  const { postpaid } = billingWindows({ boundary, policy, zone })
  assertPeriodEnded(postpaid, dateAt(asOf, zone))
  const started = { workflowId: processIds.billingRun(plant, boundary), boundary }
  await inTransaction(db, async (tx) => {
    await startWorkflow(tx, { workflowType: 'runBilling', workflowId: started.workflowId, input: { plant, boundary } })
    await recordAudit(tx, {
      actor: principalOf(request).actor,
      action: 'runBilling',
      subject: started.workflowId,
      plant,
      businessAt: asOf,
      after: { boundary, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 202, body: started })
  })
  return started
}

async function listRuns({ db, now }: ApiDeps, plant: string): Promise<Static<typeof Run>[]> {
  const asOf = await businessNow(db, plant, now())
  const { policy, zone } = await readPlant(db, plant, asOf)
  const today = dateAt(asOf, zone)
  const since = (await plantSince(db, plant, zone)) ?? today
  const items = []
  for (const boundary of boundariesAround({ today, since, anchorDay: policy.anchorDay, back: BOUNDARIES_SHOWN }).toReversed()) {
    const workflowId = processIds.billingRun(plant, boundary)
    const process = await findProcess(db, workflowId)
    const counts = await countBilling(db, plant, billingWindows({ boundary, policy, zone }))
    items.push({ ...counts, workflowId, stage: process?.stage ?? null, outcome: process?.outcome ?? null })
  }
  return items
}

/** Policy "pre-paid lapse": after a month unpaid to its end, no new advance is issued until it is asked for. */
async function askForAdvance({ db, now }: ApiDeps, request: FastifyRequest, customerId: string): Promise<Static<typeof Asked>> {
  const { accountId, plant } = await visibleAccount(db, request, { customerId })
  const asOf = await businessNow(db, plant, now())
  const { policy, zone } = await readPlant(db, plant, asOf)
  const asked = dateAt(asOf, zone)
  const period = periodContaining(asked, policy.anchorDay).key
  return withAccount(db, accountId, async (tx) => {
    const [subject] = await loadBillingSubjects(tx, [customerId])
    const isLapsed = subject?.holds.some(({ reason, liftedAt }) => reason === 'prepaid-lapsed' && liftedAt === null)
    if (subject === undefined || isLapsed !== true)
      throw new DomainError('WRONG_STAGE', 'Advances come by themselves while none has lapsed')
    if (subject.charged.has(electricitySource('prepaid', period)))
      throw new DomainError('ALREADY_EXISTS', 'The advance for this period is there already', { period })
    const answer = { workflowId: processIds.billing(customerId, period), period }
    const input = { plant, accountId, customerId, period, boundary: period, asked }
    await startWorkflow(tx, { workflowType: 'billCustomer', workflowId: answer.workflowId, input })
    await recordAudit(tx, {
      actor: principalOf(request).actor,
      action: 'askForAdvance',
      subject: answer.workflowId,
      plant,
      businessAt: asOf,
      after: { customerId, period, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 202, body: answer })
    return answer
  })
}
