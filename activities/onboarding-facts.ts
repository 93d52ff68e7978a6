import { sql } from 'kysely'
import type { Db, Tx } from '../db/client.ts'
import { type Application, demandsOf, readApplication } from '../db/queries/applications.ts'
import type { ChargeState } from '../db/queries/charges.ts'
import { roomOnPole } from '../db/queries/connections.ts'
import { readPlant } from '../db/queries/plants.ts'
import { readRefunds, type Refund, refundableMinor } from '../db/queries/refunds.ts'
import { meterOf, type StockMeter } from '../db/queries/stock.ts'
import { openHolds } from '../db/queries/supply.ts'
import { countFreeMeters } from '../db/queries/stock-lists.ts'
import { findTask } from '../db/queries/tasks.ts'
import type { JsonObject } from '../db/tables.ts'
import { addToInstant } from '../domain/calendar.ts'
import type { PlantPolicy } from '../domain/policy.ts'
import { processIds } from '../domain/process-ids.ts'
import { refundApprover } from '../domain/refund.ts'
import type { Role } from '../domain/roles.ts'

/** Which application; `asOf` is business time. */
export interface ApplicationKey {
  readonly applicationId: string
  readonly asOf: string
}

/** A decision that stands and was not carried out yet. */
export interface PendingDecision {
  readonly verdict: string
  readonly by: string
  readonly at: string
  readonly textId: number | null
  readonly detail: JsonObject
}

/** Everything `onboard-customer` decides by, read afresh at every look. Ids and amounts only: it stands in histories. */
export interface OnboardingFacts {
  readonly asOf: string
  readonly application: Application
  readonly customerId: string | null
  readonly zone: string
  readonly pending: {
    readonly agent?: PendingDecision
    readonly kyc?: PendingDecision
    readonly package?: PendingDecision
    readonly waiver?: PendingDecision
    readonly extension?: PendingDecision
    readonly pole?: PendingDecision
    readonly replan?: PendingDecision
    /** Withdrawn, refused or cancelled. */
    readonly ending?: PendingDecision
  }
  /** When the agent's visit is late. */
  readonly visitDueAt: string
  readonly isSettled: boolean
  /** Of deposit and activation. */
  readonly openMinor: number
  /** Where money came back after the customer ID: until when it must be there again, and the next reminder after now. */
  readonly payAgain?: { readonly by: string; readonly remindAt: string | null }
  /** The meter hangs, but supply waits for money that came back. */
  readonly isHeldBack?: true
  /** The next reminder after now. */
  readonly remindAt: string | null
  readonly roomOnPole: number
  readonly freeMeters: number
  readonly meter: { readonly serial: string; readonly kind: string; readonly state: string } | null
  readonly installation: WorkState | null
  readonly removal: WorkState | null
  readonly refunds: RefundState
}

/** A field task as far as its asker must know. */
export interface WorkState {
  readonly taskId: string
  readonly status: string
  readonly isPossible: boolean
  readonly dueAt: string
}

export interface RefundState {
  /** The one under way. */
  readonly open: {
    readonly round: number
    readonly refundId: number
    readonly state: string
    readonly amountMinor: number
    readonly approver: Role
    /** When it is kept apart if nobody fetched it; a run of before that was not told. */
    readonly unclaimedAt?: string
  } | null
  readonly approval: PendingDecision | null
  readonly approvedBy: string | null
  readonly payOut: PendingDecision | null
  /** Money that no refund was asked for yet. */
  readonly restMinor: number
}

/** Reads where an application stands. */
export async function readOnboardingFacts(db: Db, { applicationId, asOf }: ApplicationKey): Promise<OnboardingFacts> {
  const application = await readApplication(db, applicationId)
  const { plant } = application
  const { policy, zone } = await readPlant(db, plant, asOf)
  const workflowId = processIds.onboarding(applicationId)
  const [{ customerId }, decided, demands, meter] = await Promise.all([
    db.selectFrom('accounts').select('customerId').where('accountId', '=', applicationId).executeTakeFirstOrThrow(),
    decisionsBy(db, workflowId),
    demandsOf(db, applicationId),
    meterOf(db, applicationId),
  ])
  const standing = demands.filter(({ voidedAt }) => voidedAt === null)
  const openMinor = standing.reduce((sum, { openMinor: open }) => sum + open, 0)
  return {
    asOf,
    application,
    customerId,
    zone,
    openMinor,
    pending: pendingOf({ application, decided, demands }),
    visitDueAt: addToInstant(application.assignedAt ?? application.appliedAt, policy.tasks.targets['onboarding-visit'], zone),
    ...(await cameBack(db, { application, customerId, openMinor, meter, workflowId, asOf, policy, zone })),
    isSettled: application.packageAssignedAt !== null && openMinor === 0,
    remindAt: nextReminder({ application, asOf, every: policy.onboarding.remindEvery, zone }),
    roomOnPole: application.pole === null ? 0 : await roomOnPole(db, plant, application.pole),
    freeMeters: application.meterKind === null ? 0 : await countFreeMeters(db, { plant, kind: application.meterKind }),
    meter: meterState(meter),
    installation: await workState(db, { workflowId, step: `installation:${application.installationRound}` }),
    removal: await removalState(db, workflowId),
    refunds: await refundState(db, { applicationId, decided, policy, zone }),
  }
}

interface CameBack {
  readonly application: Application
  readonly customerId: string | null
  readonly openMinor: number
  readonly meter: StockMeter | undefined
  readonly workflowId: string
  readonly asOf: string
  readonly policy: PlantPolicy
  readonly zone: string
}

/** What is otherwise once money came back after the customer ID was given. */
async function cameBack(db: Db, known: CameBack): Promise<Pick<OnboardingFacts, 'payAgain' | 'isHeldBack'>> {
  const { application, customerId, openMinor, meter, workflowId, asOf, policy, zone } = known
  if (customerId === null || application.endedAs !== null) return {}
  const holds = meter?.state === 'installed' ? await openHolds(db, customerId) : []
  const isHeldBack = holds.some(({ reason, owner }) => reason === 'not-activated' && owner === workflowId)
  const held = isHeldBack ? { isHeldBack } : {}
  const window = openMinor > 0 ? await payAgainWindow(db, { application, policy, zone }) : undefined
  if (window === undefined) return held
  const { since, by } = window
  let remindAt = addToInstant(since, policy.onboarding.remindEvery, zone)
  while (remindAt <= asOf) remindAt = addToInstant(remindAt, policy.onboarding.remindEvery, zone)
  return { ...held, payAgain: { by, remindAt: remindAt < by ? remindAt : null } }
}

/**
 * Since when money is missing that came back, and until when it must be there again: the application's deadline, or as long after it
 * came back as an extension gives, whichever is later. Undefined where none came back.
 */
export async function payAgainWindow(
  db: Db | Tx,
  { application, policy, zone }: Pick<CameBack, 'application' | 'policy' | 'zone'>,
): Promise<{ since: string; by: string } | undefined> {
  const bounced = await db
    .selectFrom('payments')
    .select('bouncedAt')
    .where('accountId', '=', application.applicationId)
    .where('bouncedAt', 'is not', null)
    .orderBy('bouncedAt', 'desc')
    .limit(1)
    .executeTakeFirst()
  const since = bounced?.bouncedAt ?? undefined
  if (since === undefined) return undefined
  const extended = addToInstant(since, policy.onboarding.extension, zone)
  const { deadlineAt } = application
  return { since, by: deadlineAt !== null && deadlineAt > extended ? deadlineAt : extended }
}

type Decided = ReadonlyMap<string, PendingDecision>

async function decisionsBy(db: Db, workflowId: string): Promise<Decided> {
  const rows = await db.selectFrom('decisions').selectAll().where('workflowId', '=', workflowId).execute()
  return new Map(
    rows.map(({ step, verdict, decidedBy: by, decidedAt: at, textId, detail }) => [
      step,
      { verdict, by, at, textId, detail: detail as JsonObject },
    ]),
  )
}

function pendingOf({
  application,
  decided,
  demands,
}: {
  application: Application
  decided: Decided
  demands: readonly ChargeState[]
}): OnboardingFacts['pending'] {
  const { kycAt, packageAssignedAt, extendedAt, endedAt, agentRound, poleRound, installationRound } = application
  const depositStands = demands.some(({ kind, voidedAt }) => kind === 'deposit' && voidedAt === null)
  const steps = {
    agent: `agent:${agentRound + 1}`,
    kyc: kycAt === null && 'kyc',
    package: packageAssignedAt === null && 'package',
    // Before the demands are issued it is taken into account with them.
    waiver: depositStands && 'deposit-waiver',
    extension: extendedAt === null && 'extension',
    pole: `pole:${poleRound + 1}`,
    replan: `replan:${installationRound}`,
    ending: endedAt === null && 'ending',
  }
  const found = Object.entries(steps).flatMap(([name, step]) => {
    const decision = step === false ? undefined : decided.get(step)
    return decision === undefined ? [] : [[name, decision] as const]
  })
  return Object.fromEntries(found)
}

function nextReminder({
  application,
  asOf,
  every,
  zone,
}: {
  application: Application
  asOf: string
  every: string
  zone: string
}): string | null {
  const { packageAssignedAt, deadlineAt } = application
  if (packageAssignedAt === null || deadlineAt === null) return null
  let at = addToInstant(packageAssignedAt, every, zone)
  while (at <= asOf) at = addToInstant(at, every, zone)
  return at < deadlineAt ? at : null
}

function meterState(meter: StockMeter | undefined): OnboardingFacts['meter'] {
  return meter === undefined ? null : { serial: meter.serial, kind: meter.kind, state: meter.state }
}

async function workState(db: Db, source: { workflowId: string; step: string }): Promise<WorkState | null> {
  const task = await findTask(db, source)
  if (task === undefined) return null
  const { taskId, status, result, dueAt } = task
  return { taskId, status, isPossible: result?.outcome !== 'not-possible', dueAt }
}

/** The last visit to fetch the meter; there is another when one was in vain. */
async function removalState(db: Db, workflowId: string): Promise<WorkState | null> {
  const visits = await removalVisits(db, workflowId)
  return visits === 0 ? null : workState(db, { workflowId, step: `removal:${visits}` })
}

/** How often somebody was sent to fetch the meter. */
export async function removalVisits(db: Db | Tx, workflowId: string): Promise<number> {
  const { visits } = await db
    .selectFrom('tasks')
    .select(sql<number>`count(*)`.as('visits'))
    .where('sourceWorkflowId', '=', workflowId)
    .where('sourceStep', 'like', 'removal:%')
    .executeTakeFirstOrThrow()
  return visits
}

async function refundState(
  db: Db,
  { applicationId, decided, policy, zone }: { applicationId: string; decided: Decided; policy: PlantPolicy; zone: string },
): Promise<RefundState> {
  const refunds = await readRefunds(db, applicationId)
  const round =
    refunds.findIndex(({ state, handledBy }) => handledBy === 'asker' && (state === 'requested' || state === 'approved')) + 1
  const open: Refund | undefined = refunds[round - 1]
  return {
    open:
      open === undefined
        ? null
        : {
            round,
            refundId: open.refundId,
            state: open.state,
            amountMinor: open.amountMinor,
            approver: refundApprover(open, policy),
            unclaimedAt: addToInstant(open.requestedAt, policy.closing.unclaimedAfter, zone),
          },
    approval: (open?.state === 'requested' && decided.get(`refund:${round}`)) || null,
    approvedBy: decided.get(`refund:${round}`)?.by ?? null,
    payOut: (open?.state === 'approved' && decided.get(`refund-paid:${round}`)) || null,
    restMinor: await refundableMinor(db, { accountId: applicationId, kind: 'credit' }),
  }
}
