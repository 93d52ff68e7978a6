import type { Db } from '../db/client.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import { type BillingCounts, billingCandidates, type BillingScope, countBilling, plantSince } from '../db/queries/billing.ts'
import { firstTelemetry } from '../db/queries/boundary-readings.ts'
import { startWorkflows, type Topic } from '../db/queries/outbox.ts'
import { readPlant } from '../db/queries/plants.ts'
import { type BillingWindows, billingWindows, boundariesAround, nextOpening } from '../domain/billing-calendar.ts'
import { addDays, addToInstant, dateAt, earliest, startOfDay } from '../domain/calendar.ts'
import type { PackageMode } from '../domain/package.ts'
import { processIds } from '../domain/process-ids.ts'
import { type IssueRequest, type IssueResult, issueSet } from './issue-bills.ts'

/** Customers billed in one transaction. */
const SET_SIZE = 200
/** How many boundaries back a missed firing is looked for. */
const BOUNDARIES_BACK = 12
const MODES = ['postpaid', 'prepaid'] as const satisfies readonly PackageMode[]

/** What falls due when, and the billing of whole sets (design, "Two lanes, one path"). */
export function createBillingActivities({ db }: { db: Db }) {
  return {
    /**
     * Starts a run for every boundary that has somebody to bill now, and says when to look again: at the next opening of a window,
     * or tomorrow, for who is connected meanwhile. Starting what runs already only wakes it.
     */
    startDueBilling: ({ plant, asOf }: { plant: string; asOf: string }): Promise<{ started: string[]; nextAt: string }> =>
      startDueBilling(db, plant, asOf),

    /** The next customers, by customer ID, whom the boundary concerns and who have neither charge nor cycle; empty at the end. */
    nextBillingSet: async (page: {
      plant: string
      boundary: string
      mode: PackageMode
      after: string
      asOf: string
    }): Promise<string[]> => {
      const scope = await scopeOf(db, page)
      return billingCandidates(db, { ...scope, mode: page.mode }, { after: page.after, limit: SET_SIZE })
    },

    /** Bills a set in one transaction; see {@link issueSet}. Repeating it changes nothing. */
    issueBills: (request: IssueRequest): Promise<IssueResult> => issueSet(db, request),

    /** Which of these customers' meters have not sent their register, what tells of it, and when to look again without being told. */
    readRegistersAwaited: (awaited: RegistersAwaited): Promise<AwaitedRegisters> => readAwaited(db, awaited),

    /** How the boundary's billing stands, from the charges and cycles themselves. */
    countBilling: async ({
      plant,
      boundary,
      asOf,
    }: {
      plant: string
      boundary: string
      asOf: string
    }): Promise<BillingCounts> => {
      const { windows } = await scopeOf(db, { plant, boundary, asOf })
      return countBilling(db, plant, windows)
    },
  }
}

/** Meters whose register for a boundary may still come by itself. */
export interface RegistersAwaited {
  readonly plant: string
  readonly boundary: string
  readonly connectionIds: readonly string[]
  readonly asOf: string
}

export interface AwaitedRegisters {
  /** How many of them have not come. */
  readonly missing: number
  readonly topics: readonly Topic[]
  readonly lookAgainAt: string
}

async function readAwaited(db: Db, { plant, boundary, connectionIds, asOf }: RegistersAwaited): Promise<AwaitedRegisters> {
  const { policy, zone } = await readPlant(db, plant, asOf)
  const { billFrom } = billingWindows({ boundary, policy, zone })
  const hanging = await db
    .selectFrom('meterInstallations')
    .select('serial')
    .where('customerId', 'in', connectionIds)
    .where('removedAt', 'is', null)
    .orderBy('serial')
    .execute()
  const serials = hanging.map(({ serial }) => serial)
  const sent = await firstTelemetry(db, serials, { from: billFrom, until: asOf })
  return {
    missing: serials.filter((serial) => !sent.has(serial)).length,
    topics: serials.map((serial) => `reading:${serial}` as const),
    lookAgainAt: addToInstant(asOf, policy.metering.lookAgainAfter, zone),
  }
}

async function scopeOf(
  db: Db,
  { plant, boundary, asOf }: { plant: string; boundary: string; asOf: string },
): Promise<Omit<BillingScope, 'mode'>> {
  const { policy, zone } = await readPlant(db, plant, asOf)
  return {
    plant,
    asOf,
    windows: billingWindows({ boundary, policy, zone }),
    since: (await plantSince(db, plant, zone)) ?? boundary,
  }
}

async function startDueBilling(db: Db, plant: string, asOf: string): Promise<{ started: string[]; nextAt: string }> {
  const { policy, zone } = await readPlant(db, plant, asOf)
  const today = dateAt(asOf, zone)
  const since = (await plantSince(db, plant, zone)) ?? today
  const boundaries = boundariesAround({ today, since, anchorDay: policy.anchorDay, back: BOUNDARIES_BACK })
  const windows = boundaries.map((boundary) => billingWindows({ boundary, policy, zone }))
  const started: string[] = []
  for (const one of windows) if (await hasWork(db, { plant, asOf, since, windows: one })) started.push(one.boundary)
  await inTransaction(db, (tx) =>
    startWorkflows(
      tx,
      started.map((boundary) => ({
        workflowType: 'runBilling',
        workflowId: processIds.billingRun(plant, boundary),
        input: { plant, boundary },
      })),
    ),
  )
  const tomorrow = startOfDay(addDays(today, 1), zone)
  return { started, nextAt: earliest(tomorrow, nextOpening(windows, asOf) ?? tomorrow) }
}

async function hasWork(db: Db, scope: Omit<BillingScope, 'mode'> & { windows: BillingWindows }): Promise<boolean> {
  for (const mode of MODES) {
    if ((await billingCandidates(db, { ...scope, mode }, { after: '', limit: 1 })).length > 0) return true
  }
  return false
}
