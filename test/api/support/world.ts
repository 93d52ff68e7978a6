import type { Role } from '../../../domain/roles.ts'
import type { Db } from '../../../db/client.ts'
import { connectCustomer, type ConnectedCustomer } from '../../support/connections.ts'
import { seedPlant } from '../../support/village.ts'
import { inTransaction } from '../../../db/queries/accounts.ts'
import { saveStage } from '../../../db/queries/processes.ts'
import { openTask } from '../../../db/queries/tasks.ts'
import { KATSA_POLICY_V1 } from '../../../domain/policy.ts'
import { type Headers, startApi, type TestApi } from './api.ts'

/** Katsa with two customers who know nothing of each other, and a plant far away with people of its own. */
export interface World extends TestApi {
  readonly sunita: ConnectedCustomer
  readonly mohan: ConnectedCustomer
  /** A process of Sunita's that stands parked, and a task that is with the technician. */
  readonly workflowId: string
  readonly taskId: string
  /** Someone of the far plant `JHDUMK`: an account without a connection. */
  readonly farAccountId: string
  /** Headers of a member of staff of Katsa (or above it) with this role; `customer` is Sunita. */
  readonly as: (role: Role) => Headers
  /** The same at the far plant; `customer` is Mohan of Katsa. */
  readonly asStranger: (role: Role) => Headers
}

const KATSA_STAFF = {
  csa: 'asha',
  technician: 'binod',
  operator: 'chandan',
  'cluster-in-charge': 'deepa',
  'state-in-charge': 'farid',
  'head-office': 'geeta',
} as const
const FAR_PLANT = 'JHDUMK'

/** Builds a {@link World}; close it in `afterAll`. */
export async function world(more: Parameters<typeof startApi>[0] = {}): Promise<World> {
  const api = await startApi(more)
  const { db } = api.database
  await seedPlant(db, { wallFrom: '2020-01-01T00:00:00.000Z', startsAt: '2026-07-01T03:30:00.000Z', policy: KATSA_POLICY_V1 })
  const sunita = await connectCustomer(db, { openingDues: { amountMinor: 12_000, dueOn: '2026-06-20' } })
  const mohan = await connectCustomer(db, {})
  const work = await seedWork(db, sunita)
  const farAccountId = await seedFarPlant(db)
  const staff = await Promise.all(
    Object.entries(KATSA_STAFF).map(async ([role, login]) => [role, await api.logIn({ staffLogin: login })] as const),
  )
  const strangers = await Promise.all(
    Object.keys(KATSA_STAFF).map(async (role) => [role, await api.logIn({ staffLogin: `far-${role}` })] as const),
  )
  const asRole = new Map<string, Headers>([...staff, ['customer', await api.logIn({ personId: sunita.personId })]])
  const asFar = new Map<string, Headers>([...strangers, ['customer', await api.logIn({ personId: mohan.personId })]])
  return {
    ...api,
    ...work,
    sunita,
    mohan,
    farAccountId,
    as: (role) => found(asRole, role),
    asStranger: (role) => found(asFar, role),
  }
}

function found(headers: ReadonlyMap<string, Headers>, role: Role): Headers {
  const one = headers.get(role)
  if (one === undefined) throw new Error(`nobody is ${role}`)
  return one
}

async function seedWork(db: Db, { accountId, customerId }: ConnectedCustomer): Promise<{ workflowId: string; taskId: string }> {
  const workflowId = `collection:${customerId}`
  const asOf = '2026-07-01T03:30:00.000Z'
  await inTransaction(db, (tx) =>
    saveStage(tx, {
      workflowId,
      workflowType: 'collectDues',
      input: {},
      plant: 'BHKATS',
      accountId,
      customerId,
      stage: 'Parked',
      waitingFor: 'cluster-in-charge',
      parkedReason: 'INVALID_INPUT: test',
      asOf,
    }),
  )
  const { taskId } = await inTransaction(db, (tx) =>
    openTask(tx, {
      plant: 'BHKATS',
      kind: 'no-supply',
      accountId,
      customerId,
      source: { workflowId, step: 'look' },
      dueAt: '2026-07-02T03:30:00.000Z',
      asOf,
    }),
  )
  return { workflowId, taskId }
}

async function seedFarPlant(db: Db): Promise<string> {
  await db
    .insertInto('plants')
    .values({
      plant: FAR_PLANT,
      state: 'JH',
      name: 'Dumka',
      cluster: 'Dumka West',
      timeZone: 'Asia/Kolkata',
      currency: 'INR',
      capacityW: 20_000,
    })
    .execute()
  await db
    .insertInto('clockSegments')
    .values({
      plant: FAR_PLANT,
      wallFrom: '2020-01-01T00:00:00.000Z',
      businessFrom: '2026-07-01T00:00:00.000Z',
      speed: 1,
      reason: 'test',
    })
    .execute()
  await db
    .insertInto('policies')
    .values({ plant: FAR_PLANT, version: 1, effectiveFrom: '2026-01-01', document: JSON.stringify(KATSA_POLICY_V1) })
    .execute()
  await db
    .insertInto('staff')
    .values(
      Object.keys(KATSA_STAFF).map((role) => ({ login: `far-${role}`, name: role, role, scope: FAR_PLANT, passwordHash: '-' })),
    )
    .execute()
  await db.insertInto('persons').values({ personId: 'far-1', plant: FAR_PLANT, name: 'Birsa Hansda', language: 'hi' }).execute()
  const accountId = `${FAR_PLANT}-A0001`
  await db
    .insertInto('accounts')
    .values({
      accountId,
      plant: FAR_PLANT,
      personId: 'far-1',
      category: 'low-income',
      currency: 'INR',
      openedAt: '2026-07-01T00:00:00.000Z',
    })
    .execute()
  return accountId
}
