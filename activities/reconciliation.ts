import type { Db, Tx } from '../db/client.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import { plantSince } from '../db/queries/billing.ts'
import { closeBusinessDay, nextDayToClose } from '../db/queries/books/closings.ts'
import { keepCases, countOpenCases } from '../db/queries/cases.ts'
import { queueStaffNotice } from '../db/queries/notices.ts'
import { startWorkflow } from '../db/queries/outbox.ts'
import { type PlantTerms, readPlant } from '../db/queries/plants.ts'
import { proveBilling } from '../db/queries/reconciliation/billing-rules.ts'
import { type Look, resultOf, type RuleResult } from '../db/queries/reconciliation/finding.ts'
import { proveLedger } from '../db/queries/reconciliation/ledger-rules.ts'
import { proveMoney } from '../db/queries/reconciliation/money-rules.ts'
import { proveProcesses } from '../db/queries/reconciliation/process-rules.ts'
import { insertStep, readSteps, type StepRecord } from '../db/queries/reconciliation/steps.ts'
import { proveSupply } from '../db/queries/reconciliation/supply-rules.ts'
import { staffAt } from '../db/queries/tasks.ts'
import { addDays, addToInstant, atTimeOn, dateAt } from '../domain/calendar.ts'
import { processIds } from '../domain/process-ids.ts'
import { periodsToBeBilled, type ReconciliationStep } from '../domain/reconciliation.ts'
import { compareRuns, type Runs } from './compare-runs.ts'

export type { Runs } from './compare-runs.ts'

/** A day's books are closed and proved in the night after it, when what belongs to it has come. */
const BEGINS_AT = '02:00'

interface Day {
  readonly plant: string
  readonly date: string
  readonly asOf: string
}

/** Closing business days and proving the books (billing.md rules 2 and 9); each step once a day, safe to repeat. */
export function createReconciliationActivities({ db, runs }: { db: Db; runs?: Runs }) {
  return {
    /** Starts the reconciliation of the last business day that is over, once, and says when the next one is due. */
    startDueReconciliation: ({
      plant,
      asOf,
    }: {
      plant: string
      asOf: string
    }): Promise<{ started: string | null; nextAt: string }> => startDue(db, plant, asOf),

    /** Closes the next business day up to `date`; true while there may be another one. */
    closeBooks: async ({ plant, date, asOf }: Day): Promise<boolean> => {
      const { zone, currency } = await readPlant(db, plant, asOf)
      const day = await nextDayToClose(db, { plant, zone, upTo: date })
      if (day === undefined) return false
      await closeBusinessDay(db, { plant, zone, currency, date: day, asOf })
      return day < date
    },

    /** The steps that were taken for that day already. */
    readReconciliation: ({ plant, date }: { plant: string; date: string }): Promise<StepRecord[]> => readSteps(db, plant, date),

    /** Proves one step: opens cases for what does not agree and closes those of what does again. */
    proveBooks: async ({ step, ...day }: Day & { step: ReconciliationStep }): Promise<void> => {
      const look = await lookOf(db, day)
      const { results, remark } = step === 'runs' ? await proveRuns(db, runs, look) : { results: undefined, remark: null }
      await inTransaction(db, async (tx) => {
        const proved = results ?? (await PROOFS[step as Exclude<ReconciliationStep, 'runs'>](tx, look))
        await insertStep(tx, { ...day, step, remark, ...(await keepCases(tx, look, proved)) })
      })
    },

    /** Tells head office of the cases that were opened that day. Returns how many are open in all. */
    concludeReconciliation: ({ plant, date, asOf }: Day): Promise<number> =>
      inTransaction(db, async (tx) => {
        const openCases = await countOpenCases(tx, plant)
        const newCases = (await readSteps(tx, plant, date)).reduce((sum, { opened }) => sum + opened, 0)
        if (newCases > 0) await tellHeadOffice(tx, { plant, date, asOf, newCases, openCases })
        return openCases
      }),
  }
}

type DayLook = Look & { readonly terms: PlantTerms; readonly since: string }

async function lookOf(db: Db, { plant, asOf }: Day): Promise<DayLook> {
  const terms = await readPlant(db, plant, asOf)
  const today = dateAt(asOf, terms.zone)
  return { plant, zone: terms.zone, today, asOf, terms, since: (await plantSince(db, plant, terms.zone)) ?? today }
}

const PROOFS: Readonly<Record<Exclude<ReconciliationStep, 'runs'>, (tx: Tx, look: DayLook) => Promise<RuleResult[]>>> = {
  ledger: proveLedger,
  money: proveMoney,
  billing: (tx, look) => {
    const { anchorDay, reconciliation } = look.terms.policy
    return proveBilling(tx, look, periodsToBeBilled({ ...look, anchorDay, billedWithin: reconciliation.billedWithin }))
  },
  supply: (tx, look) =>
    proveSupply(tx, look, { darkBefore: addToInstant(look.asOf, `-${look.terms.policy.reconciliation.darkWithin}`, look.zone) }),
  processes: proveProcesses,
}

async function proveRuns(db: Db, runs: Runs | undefined, look: Look): Promise<{ results: RuleResult[]; remark: string | null }> {
  if (runs === undefined) return { results: [], remark: 'not looked at: no way to the runs' }
  const { withoutRun, withoutRow, isPartial } = await compareRuns({ db, runs }, look.plant)
  const found = [resultOf('process-without-run', withoutRun), resultOf('run-without-process', withoutRow)]
  // Who was not looked at may not be gone.
  const results = isPartial ? found.map((one) => ({ ...one, isCutOff: true })) : found
  return { results, remark: isPartial ? 'not all were looked at' : null }
}

async function startDue(db: Db, plant: string, asOf: string): Promise<{ started: string | null; nextAt: string }> {
  const { zone } = await readPlant(db, plant, asOf)
  const today = dateAt(asOf, zone)
  const isDue = asOf >= atTimeOn(today, BEGINS_AT, zone)
  const nextAt = atTimeOn(isDue ? addDays(today, 1) : today, BEGINS_AT, zone)
  const date = addDays(today, isDue ? -1 : -2)
  const workflowId = processIds.reconciliation(plant, date)
  return inTransaction(db, async (tx) => {
    const known = await tx.selectFrom('processes').select('workflowId').where('workflowId', '=', workflowId).executeTakeFirst()
    if (known !== undefined || date < ((await plantSince(tx, plant, zone)) ?? today)) return { started: null, nextAt }
    await startWorkflow(tx, { workflowType: 'reconcileBooks', workflowId, input: { plant, date } })
    return { started: date, nextAt }
  })
}

async function tellHeadOffice(
  tx: Tx,
  { plant, date, asOf, newCases, openCases }: Day & { newCases: number; openCases: number },
): Promise<void> {
  const params = { plantCode: plant, day: date, newCases, openCases }
  for (const login of await staffAt(tx, plant, 'head-office')) {
    const dedupeKey = `books-differ:${plant}:${date}:${login}`
    await queueStaffNotice(tx, { plant, login, kind: 'books-differ', params, dedupeKey, asOf })
  }
}
