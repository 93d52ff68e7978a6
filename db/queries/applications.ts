import { sql } from 'kysely'
import { DomainError } from '../../domain/errors.ts'
import { applicationId as applicationIdOf } from '../../domain/ids.ts'
import type { MeterKind } from '../../domain/package.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { Db, Tx } from '../client.ts'
import { type ChargeState, readCharges } from './charges.ts'
import { queueNotice } from './notices.ts'
import { takeNumbers } from './numbers.ts'
import { startWorkflow } from './outbox.ts'
import { staffAt } from './tasks.ts'

/** Who wants a connection: someone new, or a person who is known already (one may hold several connections). */
export type Applicant =
  | { readonly personId: string }
  | {
      readonly name: string
      readonly nameHi?: string
      readonly phone?: string
      readonly language: 'en' | 'hi'
      readonly passwordHash?: string
    }

export interface NewApplication {
  readonly plant: string
  readonly currency: string
  readonly applicant: Applicant
  readonly category: string
  readonly address: string
  readonly origin: 'visit' | 'app'
  /** The CSA who stands in front of the customer, when it is one. */
  readonly salesAgent?: string
  readonly asOf: string
}

export type ApplicationEnd = 'active' | 'withdrawn' | 'refused' | 'deadline-passed' | 'cancelled'

/** An application without anything about the person. */
export interface Application {
  readonly applicationId: string
  readonly plant: string
  readonly origin: string
  readonly pole: string | null
  readonly salesAgent: string | null
  readonly assignedAt: string | null
  readonly kycAt: string | null
  readonly kycBy: string | null
  readonly commitmentsGivenAt: string | null
  readonly packageCode: string | null
  readonly packageVersion: number | null
  readonly meterKind: MeterKind | null
  readonly packageAssignedAt: string | null
  readonly depositParts: number | null
  readonly deadlineAt: string | null
  readonly extendedAt: string | null
  readonly endedAt: string | null
  readonly endedAs: ApplicationEnd | null
  readonly appliedAt: string
  /** How many re-assignments, changes of pole and installations (from 1) were carried out. */
  readonly agentRound: number
  readonly poleRound: number
  readonly installationRound: number
}

const COLUMNS = [
  'applicationId',
  'plant',
  'origin',
  'pole',
  'salesAgent',
  'assignedAt',
  'kycAt',
  'kycBy',
  'commitmentsGivenAt',
  'packageCode',
  'packageVersion',
  'meterKind',
  'packageAssignedAt',
  'depositParts',
  'deadlineAt',
  'extendedAt',
  'endedAt',
  'endedAs',
  'appliedAt',
  'agentRound',
  'poleRound',
  'installationRound',
] as const

/** Person, account and application with the start of its process, all in the caller's transaction. Returns the short code. */
export async function createApplication(
  tx: Tx,
  application: NewApplication,
): Promise<{ applicationId: string; personId: string }> {
  const { plant, currency, category, address, origin, salesAgent, asOf } = application
  const personId = await personOf(tx, application)
  const applicationId = applicationIdOf(plant, await takeNumbers(tx, `${plant}:A`, 1))
  await tx
    .insertInto('accounts')
    .values({ accountId: applicationId, plant, personId, category, currency, openedAt: asOf })
    .execute()
  const assigned = salesAgent === undefined ? {} : { salesAgent, assignedAt: asOf }
  await tx
    .insertInto('applications')
    .values({ applicationId, plant, origin, address, appliedAt: asOf, ...assigned })
    .execute()
  await queueNotice(tx, {
    accountId: applicationId,
    kind: 'application-received',
    params: { applicationId },
    dedupeKey: `application-received:${applicationId}`,
    asOf,
  })
  const input = { plant, applicationId, accountId: applicationId }
  await startWorkflow(tx, { workflowType: 'onboardCustomer', workflowId: processIds.onboarding(applicationId), input })
  return { applicationId, personId }
}

async function personOf(tx: Tx, { plant, applicant }: NewApplication): Promise<string> {
  if ('personId' in applicant) return applicant.personId
  const personId = `${plant}-P${await takeNumbers(tx, `${plant}:P`, 1)}`
  await tx
    .insertInto('persons')
    .values({ personId, plant, ...applicant })
    .execute()
  return personId
}

/** The application; NOT_FOUND when there is none. */
export async function readApplication(db: Db | Tx, applicationId: string): Promise<Application> {
  const row = await db.selectFrom('applications').select(COLUMNS).where('applicationId', '=', applicationId).executeTakeFirst()
  if (row === undefined) throw new DomainError('NOT_FOUND', 'no such application')
  return row as Application
}

/** Money came to an application that ended early: its process looks again, and gives it back. Any other account is left alone. */
export async function wakeEndedApplication(tx: Tx, { accountId, plant }: { accountId: string; plant: string }): Promise<void> {
  const ended = await tx
    .selectFrom('applications')
    .select('applicationId')
    .where('applicationId', '=', accountId)
    .where('endedAt', 'is not', null)
    .where('endedAs', '<>', 'active')
    .executeTakeFirst()
  if (ended === undefined) return
  const input = { plant, applicationId: accountId, accountId }
  await startWorkflow(tx, { workflowType: 'onboardCustomer', workflowId: processIds.onboarding(accountId), input })
}

/** Writes what a step found out. */
export async function changeApplication(
  tx: Tx,
  applicationId: string,
  change: Partial<Omit<Application, 'applicationId' | 'plant'>>,
): Promise<void> {
  await tx.updateTable('applications').set(change).where('applicationId', '=', applicationId).execute()
}

/** The sales agent at the plant with the fewest open applications; null when there is none (manual 2.2.2, "acquisition"). */
export async function leastBusyAgent(db: Db | Tx, plant: string): Promise<string | null> {
  const agents = await staffAt(db, plant, 'csa')
  const rows = await db
    .selectFrom('applications')
    .select(['salesAgent', sql<number>`count(*)`.as('open')])
    .where('plant', '=', plant)
    .where('endedAt', 'is', null)
    .groupBy('salesAgent')
    .execute()
  const openOf = new Map(rows.map(({ salesAgent, open }) => [salesAgent, open]))
  return agents.toSorted((a, b) => (openOf.get(a) ?? 0) - (openOf.get(b) ?? 0) || a.localeCompare(b))[0] ?? null
}

/** What must be paid before anything is built: the deposit and the activation charge, void ones too. */
export async function demandsOf(db: Db | Tx, applicationId: string): Promise<ChargeState[]> {
  const charges = await readCharges(db, applicationId)
  return charges.filter(({ kind, source }) => (kind === 'deposit' || kind === 'activation') && source === applicationId)
}

export interface ApplicationFilter {
  readonly plants: readonly string[]
  /** A customer's own only. */
  readonly personId?: string | undefined
  readonly state?: 'open' | 'ended' | undefined
  readonly salesAgent?: string | undefined
  readonly after?: string | undefined
  readonly limit: number
}

export interface ListedApplication {
  readonly applicationId: string
  readonly plant: string
  readonly customerId: string | null
  readonly origin: string
  readonly salesAgent: string | null
  readonly packageCode: string | null
  readonly appliedAt: string
  readonly deadlineAt: string | null
  readonly endedAs: string | null
  readonly endedAt: string | null
  /** Where its process stands; null before its first stage, and for an imported customer. */
  readonly stage: string | null
  readonly waitingFor: string | null
  readonly dueAt: string | null
}

/** Applications by their code with where each stands. */
export async function listApplications(db: Db | Tx, filter: ApplicationFilter): Promise<ListedApplication[]> {
  if (filter.plants.length === 0) return []
  let rows = db
    .selectFrom('applications')
    .innerJoin('accounts', 'accounts.accountId', 'applications.applicationId')
    .leftJoin('processes', (join) =>
      join.on('processes.workflowId', '=', sql<string>`'onboarding:' || applications.application_id`),
    )
    .select([
      'applications.applicationId',
      'applications.plant',
      'accounts.customerId',
      'origin',
      'salesAgent',
      'packageCode',
      'appliedAt',
      'deadlineAt',
      'endedAs',
      'endedAt',
      'stage',
      'waitingFor',
      'dueAt',
    ])
    .where('applications.plant', 'in', filter.plants)
    .orderBy('applications.applicationId')
    .limit(filter.limit)
  if (filter.personId !== undefined) rows = rows.where('personId', '=', filter.personId)
  if (filter.state === 'open') rows = rows.where('endedAt', 'is', null)
  if (filter.state === 'ended') rows = rows.where('endedAt', 'is not', null)
  if (filter.salesAgent !== undefined) rows = rows.where('salesAgent', '=', filter.salesAgent)
  if (filter.after !== undefined) rows = rows.where('applications.applicationId', '>', filter.after)
  return rows.execute()
}
