import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { JsonObject } from '../db/tables.ts'
import { work } from './activity-proxies.ts'
import { createDecisions, type Decisions } from './decisions.ts'
import { createPlantClock, type PlantClock } from './plant-clock.ts'
import { acceptReassignment } from './reassign.ts'
import { createStage, type Stage, type StageFacts } from './stage.ts'

/** "Look again": the fact is committed already. The only signal there is (design, "Signals are nudges"). */
export const nudge = defineSignal('nudge')

/** Lets a parked run try again; refused when it is not parked. */
export const retry = defineUpdate<void, [{ by: string }]>('retry')

/** What a procedure is told of itself at the start. */
export interface ProcedureStart {
  readonly plant: string
  readonly accountId?: string
  readonly customerId?: string
  /** Facts about these wake it. `process:{own id}` is always among them. */
  readonly topics?: StageFacts['topics']
  readonly input: JsonObject
}

/** The tools a procedure is written with. */
export interface Procedure {
  readonly workflowId: string
  /** The plant's business time now, RFC 3339 UTC. */
  now(): Promise<string>
  /** Says where the procedure stands, to its row, the search attributes and the UI. */
  stage(name: string, facts?: StageFacts): Promise<void>
  /**
   * Reads until `enough` holds and returns that fact, or undefined when `until` (business time) passed first. Between reads it
   * waits for a nudge, the deadline, or a day at most. Where the stage waits for somebody of the staff they are reminded, and then the
   * levels above are told (policy "waiting"), unless the stage says who does that in its place: no stage can forget it.
   */
  waitFor<T>(wait: Wait<T>): Promise<T | undefined>
  /** {@link waitFor} where there is no deadline. */
  waitAsLongAsItTakes<T>(wait: Omit<Wait<T>, 'until'>): Promise<T>
  /** Waits until that business instant. */
  waitUntil(instant: string, summary: string): Promise<void>
  readonly decisions: Decisions
}

export interface Wait<T> {
  readonly read: (asOf: string) => Promise<T>
  readonly enough: (fact: T) => boolean
  readonly until?: string | undefined
  /** The stage in which it waits, entered only when there is something to wait for; facts about `topics` wake it. */
  readonly stage?: { readonly name: string } & StageFacts
  /** Shown on the timer in the UI: what is waited for. */
  readonly summary: string
}

/** Thrown to leave the body where the history has grown long; the body begins again from its facts. */
class HistoryIsLong extends Error {}

/**
 * Runs the body of a procedure: every body begins by loading, passes over what is done already, and so can be run again at
 * any time. What cannot go on is parked with its reason until someone says `retry`. The end is written first and then confirmed
 * by one more look, so a fact that was committed before the end counts; a nudge or a decision that lands meanwhile makes it look
 * again. Between the last check and the return nothing is awaited.
 */
export async function procedure(start: ProcedureStart, body: (p: Procedure) => Promise<string>): Promise<string> {
  const flag = { raised: false, isResting: false }
  setHandler(nudge, () => void (flag.raised = true))
  const clock = createPlantClock(start.plant)
  const stage = createStage({ start, clock })
  const decisions = createDecisions({
    clock,
    currentStage: stage.current,
    isResting: () => flag.isResting,
    decided: () => void (flag.raised = true),
  })
  acceptReassignment(decisions, { plant: start.plant, stage })
  const p: Procedure = {
    workflowId: workflowInfo().workflowId,
    now: clock.now,
    stage: stage.enter,
    decisions,
    ...createWaits({ flag, clock, stage }),
  }
  const park = createParking({ flag, stage, clock })

  let written: string | undefined
  for (;;) {
    flag.raised = false
    const outcome = await attempt(body, p, { park, input: start.input })
    if (outcome !== undefined) await stage.end(outcome)
    if (outcome !== undefined && outcome === written && !flag.raised && allHandlersFinished()) return outcome
    written = outcome
    await condition(allHandlersFinished)
  }
}

interface Attempt {
  readonly park: (reason: string) => Promise<void>
  readonly input: JsonObject
}

async function attempt(
  body: (p: Procedure) => Promise<string>,
  p: Procedure,
  { park, input }: Attempt,
): Promise<string | undefined> {
  try {
    return await body(p)
  } catch (error) {
    if (error instanceof HistoryIsLong) return beginAnew(input)
    if (isCancellation(error)) throw error
    await park(reasonOf(error))
    return workflowInfo().continueAsNewSuggested ? beginAnew(input) : undefined
  }
}

async function beginAnew(input: JsonObject): Promise<never> {
  await condition(allHandlersFinished)
  return continueAsNew<(input: JsonObject) => Promise<string>>(input)
}

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}

async function resting(flag: WaitContext['flag'], wait: () => Promise<unknown>): Promise<void> {
  flag.isResting = true
  try {
    await wait()
  } finally {
    flag.isResting = false
  }
}

interface WaitContext {
  /** `raised` by a nudge or a decision; `isResting` while there is nothing to do but wait. */
  readonly flag: { raised: boolean; isResting: boolean }
  readonly clock: PlantClock
  readonly stage: Stage
}

function createWaits({ flag, clock, stage }: WaitContext) {
  async function waitFor<T>({ read, enough, until, stage: waiting, summary }: Wait<T>): Promise<T | undefined> {
    let entered = waiting === undefined
    for (;;) {
      flag.raised = false
      const asOf = await clock.now()
      const fact = await read(asOf)
      if (enough(fact)) return fact
      if (until !== undefined && asOf >= until) return undefined
      if (waiting !== undefined && !entered) {
        // Entering registers what wakes us; a fact committed just before that is found by reading once more.
        entered = true
        const { name, ...stageFacts } = waiting
        await stage.enter(name, stageFacts)
        continue
      }
      if (workflowInfo().continueAsNewSuggested) throw new HistoryIsLong()
      const chaseAt = waiting === undefined ? undefined : stage.chaseAt()
      if (chaseAt !== undefined && asOf >= chaseAt) await stage.chase()
      else await resting(flag, () => condition(() => flag.raised, clock.msUntil(earlier(until, chaseAt)), { summary }))
    }
  }
  return {
    waitFor,
    waitAsLongAsItTakes: async <T>(wait: Omit<Wait<T>, 'until'>): Promise<T> => (await waitFor(wait)) as T,
    waitUntil: async (instant: string, summary: string): Promise<void> => {
      await waitFor({ read: (asOf) => Promise.resolve(asOf), enough: (asOf) => asOf >= instant, until: instant, summary })
    },
  }
}

/** Parked until somebody says `retry`. The cluster in-charge is told at once and reminded like everybody a process waits for. */
function createParking({ flag, stage, clock }: WaitContext): (reason: string) => Promise<void> {
  const state = { parked: false }
  const refuseUnlessParked = (_asked: { by: string }): void => {
    if (!state.parked)
      throw ApplicationFailure.nonRetryable('This process is not parked', 'WRONG_STAGE', { stage: stage.current() })
  }
  setHandler(
    retry,
    (_asked: { by: string }) => {
      state.parked = false
    },
    { validator: refuseUnlessParked, description: 'Try again what a parked run could not do' },
  )
  return async (reason) => {
    state.parked = true
    await stage.enter('Parked', { waitingFor: 'cluster-in-charge', parkedReason: reason })
    const { workflowId } = workflowInfo()
    await work.tellParked({ workflowId, asOf: await clock.now() })
    const summary = 'somebody to look into it and say retry'
    while (state.parked && !workflowInfo().continueAsNewSuggested) {
      const chaseAt = stage.chaseAt()
      if (chaseAt !== undefined && (await clock.now()) >= chaseAt) await stage.chase()
      else await resting(flag, () => condition(() => !state.parked, clock.msUntil(chaseAt), { summary }))
    }
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof ActivityFailure && error.cause instanceof Error ? error.cause : error
  if (cause instanceof ApplicationFailure) return `${cause.type ?? 'Error'}: ${cause.message}`
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
}
