import type { Db, Tx } from '../db/client.ts'
import { findCharge } from '../db/queries/charges.ts'
import {
  installedMeter,
  isLeaving,
  type PackageRequest,
  readPackageRequest,
  readRequestPackages,
} from '../db/queries/package-changes.ts'
import { readPlant } from '../db/queries/plants.ts'
import { countFreeMeters } from '../db/queries/stock-lists.ts'
import { addDays, startOfDay } from '../domain/calendar.ts'
import { type MeterKind, meterFits } from '../domain/package.ts'
import { processIds } from '../domain/process-ids.ts'
import type { JsonObject } from '../db/tables.ts'

/** What somebody decided at a step. */
export interface Verdict {
  readonly verdict: string
  readonly by: string
  readonly at: string
  readonly textId: number | null
  readonly detail: JsonObject
}

/** A field task of the request: whether it is still under way, and how it ended. */
export interface TaskState {
  readonly taskId: string
  readonly status: 'requested' | 'in-process' | 'review' | 'completed' | 'cancelled'
  readonly outcome: string | null
}

/** Everything the process of a package change decides by, as it is applied, not only as it was said. */
export interface PackageChangeFacts {
  readonly request: PackageRequest
  readonly zone: string
  /** Business durations of the policy in force when the request was made. */
  readonly within: { readonly approve: string; readonly work: string; readonly remind: string; readonly escalate: string }
  readonly cluster: Verdict | null
  readonly state: Verdict | null
  /** The last follow-up that was asked for, by its number. */
  readonly followUpsAsked: number
  readonly followUp: Verdict | null
  readonly review: Verdict | null
  /** Why it can go no further: the customer took it back, or is leaving. */
  readonly stop: 'Withdrawn' | 'CustomerLeft' | null
  readonly differenceOpenMinor: number | null
  /** End of the last day on which the difference can be paid. */
  readonly payUntil: string | null
  readonly tasks: Readonly<Record<string, TaskState>>
  /** The meter there does not fit the package (or another was wished for): one from the stock is installed. */
  readonly needsMeter: boolean
  /** Kind of the meter to be installed: the one wished for, or the first that fits. */
  readonly newMeterKind: MeterKind
  /** How many of that kind lie free, where one is needed. */
  readonly freeMeters: number
  readonly movesTo: string | null
}

/** Reads {@link PackageChangeFacts}; NOT_FOUND for an unknown request. */
export async function readPackageChangeFacts(db: Db | Tx, requestId: string): Promise<PackageChangeFacts> {
  const request = await readPackageRequest(db, requestId)
  const { zone, policy } = await readPlant(db, request.plant, request.requestedAt)
  const { packageChange, tasks } = policy
  return {
    request,
    zone,
    within: {
      approve: packageChange.approveWithin,
      work: packageChange.workWithin,
      remind: tasks.remindAfter,
      escalate: tasks.escalateAfter,
    },
    ...(await readVerdicts(db, request)),
    ...(await readDifference(db, request, zone)),
    tasks: await readTasks(db, requestId),
    ...(await readConnection(db, request)),
  }
}

async function readVerdicts(db: Db | Tx, request: PackageRequest) {
  const rows = await db
    .selectFrom('decisions')
    .select(['step', 'verdict', 'decidedBy', 'decidedAt', 'textId', 'detail'])
    .where('workflowId', '=', processIds.packageChange(request.requestId))
    .execute()
  const verdicts = new Map(
    rows.map(({ step, verdict, decidedBy, decidedAt, textId, detail }) => [
      step,
      { verdict, by: decidedBy, at: decidedAt, textId, detail: detail as JsonObject },
    ]),
  )
  const stop: PackageChangeFacts['stop'] = (await isLeaving(db, request.customerId)) ? 'CustomerLeft' : null
  return {
    cluster: verdicts.get('cluster') ?? null,
    state: verdicts.get('state') ?? null,
    followUpsAsked: rows.filter(({ step }) => step.startsWith('follow-up:')).length,
    followUp: verdicts.get(`follow-up:${request.followUps + 1}`) ?? null,
    review: verdicts.get(`review:${request.reviewRound}`) ?? null,
    stop: verdicts.has('withdraw') ? ('Withdrawn' as const) : stop,
  }
}

async function readDifference(db: Db | Tx, { accountId, requestId }: PackageRequest, zone: string) {
  const charge = await findCharge(db, accountId, { kind: 'package-difference', source: requestId })
  if (charge === undefined || charge.voidedAt !== null) return { differenceOpenMinor: null, payUntil: null }
  return { differenceOpenMinor: charge.openMinor, payUntil: startOfDay(addDays(charge.dueOn, 1), zone) }
}

async function readTasks(db: Db | Tx, requestId: string): Promise<Record<string, TaskState>> {
  const rows = await db
    .selectFrom('tasks')
    .select(['taskId', 'sourceStep', 'status', 'result'])
    .where('sourceWorkflowId', '=', processIds.packageChange(requestId))
    .execute()
  return Object.fromEntries(
    rows.map(({ taskId, sourceStep, status, result }) => {
      const outcome = (result as JsonObject | null)?.outcome
      return [
        sourceStep,
        { taskId, status: status as TaskState['status'], outcome: typeof outcome === 'string' ? outcome : null },
      ]
    }),
  )
}

async function readConnection(db: Db | Tx, request: PackageRequest) {
  const { customerId, meterKind, toFeeder } = request
  const { wanted } = await readRequestPackages(db, request)
  const hanging = await installedMeter(db, customerId)
  const { feeder } = await db
    .selectFrom('connections')
    .select('feeder')
    .where('customerId', '=', customerId)
    .executeTakeFirstOrThrow()
  const fits = hanging !== null && meterFits(wanted, hanging.kind) && (meterKind === null || hanging.kind === meterKind)
  const newMeterKind = meterKind ?? (await firstInStock(db, request.plant, wanted.meterKinds))
  return {
    needsMeter: !fits,
    newMeterKind,
    freeMeters: fits ? 0 : await countFreeMeters(db, { plant: request.plant, kind: newMeterKind }),
    movesTo: toFeeder !== null && toFeeder !== feeder ? toFeeder : null,
  }
}

/** Of the kinds that fit, the first of which one lies free; where there is none, the kind that the package names first. */
async function firstInStock(db: Db | Tx, plant: string, kinds: readonly MeterKind[]): Promise<MeterKind> {
  const free = await db
    .selectFrom('meters')
    .select('kind')
    .distinct()
    .where('plant', '=', plant)
    .where('state', '=', 'free')
    .execute()
  const there = new Set(free.map(({ kind }) => kind))
  return kinds.find((kind) => there.has(kind)) ?? kinds[0] ?? 'smart'
}
