import type { UpdateDefinition } from '@temporalio/common'
import { ApplicationFailure, condition, defineUpdate, setHandler, workflowInfo } from '@temporalio/workflow'
import type { JsonObject } from '../db/tables.ts'
import { facts } from './activity-proxies.ts'
import type { PlantClock } from './plant-clock.ts'

/** What a person says: who, optionally why (stored first, only its id travels), and what else the step needs. */
export interface DecisionInput {
  readonly by: string
  readonly textId?: number
  readonly detail?: JsonObject
}

/** The decision that stands, as the caller learns it at once. */
export interface StandingDecision {
  readonly step: string
  readonly verdict: string
  readonly decidedBy: string
  readonly decidedAt: string
}

export type DecisionUpdate = UpdateDefinition<StandingDecision, [DecisionInput]>

/** Names an Update by which people decide, e.g. `defineDecision('approve')`. */
export function defineDecision(name: string): DecisionUpdate {
  return defineUpdate<StandingDecision, [DecisionInput]>(name)
}

export interface DecisionRule {
  /** The step it settles: the first decision of a step stands. A function where a step comes again (`review:2`). */
  readonly step: string | (() => string)
  readonly verdict: string
  /** The stages in which it can be taken; `any` where `refuse` alone says. */
  readonly at: readonly string[] | 'any'
  /** A further reason to say no; synchronous and without effects. */
  readonly refuse?: (input: DecisionInput) => { code: string; message: string } | undefined
  readonly description: string
  /** How it is written, where more than its row is; a refusal there is one to the caller. */
  readonly record?: (decision: NewDecision) => Promise<Recorded>
}

export interface NewDecision extends StandingDecision {
  readonly workflowId: string
  readonly textId: number | null
  readonly detail: JsonObject
}

export type Recorded =
  | { readonly refused: { readonly code: string; readonly message: string } }
  | { readonly refused?: undefined; readonly recorded: boolean; readonly standing: StandingDecision }

export interface Decisions {
  accept(update: DecisionUpdate, rule: DecisionRule): void
  /** The decision that stands at this step, as far as this run has taken or heard of one. */
  standingAt(step: string): StandingDecision | undefined
}

interface Context {
  readonly clock: PlantClock
  readonly currentStage: () => string
  /** False while the body is on its way from one wait to the next. */
  readonly isResting: () => boolean
  readonly decided: () => void
}

/**
 * Decisions are Updates: the validator (synchronous) refuses what does not fit the stage, the handler writes the decision's
 * row before it answers, and the row, unique by (process, step), is what the body reads. The second of two gets who and when.
 */
export function createDecisions({ clock, currentStage, isResting, decided }: Context): Decisions {
  const standing = new Map<string, StandingDecision>()
  const inTurn = createTurns()
  const stepOf = (rule: DecisionRule): string => (typeof rule.step === 'string' ? rule.step : rule.step())

  return {
    standingAt: (step) => standing.get(step),
    accept(update, rule) {
      const record = async (step: string, input: DecisionInput): Promise<StandingDecision> => {
        const before = standing.get(step)
        if (before !== undefined) throw alreadyDecided(before)
        const decidedAt = await clock.now()
        const decision = { workflowId: workflowInfo().workflowId, step, verdict: rule.verdict, decidedBy: input.by, decidedAt }
        const whole = { ...decision, textId: input.textId ?? null, detail: input.detail ?? {} }
        const answered: Recorded = await (rule.record ?? facts.recordDecision)(whole)
        if (answered.refused !== undefined) throw refused(answered.refused)
        const { recorded, standing: first } = answered
        const answer = { step, verdict: first.verdict, decidedBy: first.decidedBy, decidedAt: first.decidedAt }
        standing.set(step, answer)
        decided()
        if (!recorded) throw alreadyDecided(answer)
        return answer
      }
      const handler = (input: DecisionInput): Promise<StandingDecision> => {
        // The step the validator judged: by the time it is this decision's turn the body may have gone on to another.
        const step = stepOf(rule)
        return inTurn(() => record(step, input))
      }
      const validator = (input: DecisionInput): void => {
        const first = standing.get(stepOf(rule))
        if (first !== undefined) throw alreadyDecided(first)
        const stage = currentStage()
        const isThere = rule.at === 'any' || rule.at.includes(stage)
        const refusal = isThere ? rule.refuse?.(input) : { code: 'WRONG_STAGE', message: 'This cannot be decided now' }
        if (refusal === undefined) return
        if (refusal.code === 'WRONG_STAGE' && !isResting()) throw underWay(stage)
        throw refused(refusal, { stage })
      }
      setHandler(update, handler, { validator, description: rule.description })
    },
  }
}

/**
 * One decision at a time. Two handlers whose local activities run side by side may find their results in another order when the
 * history is replayed.
 */
function createTurns(): <T>(act: () => Promise<T>) => Promise<T> {
  let isTaken = false
  return async (act) => {
    while (isTaken) await condition(() => !isTaken)
    isTaken = true
    try {
      return await act()
    } finally {
      isTaken = false
    }
  }
}

function refused({ code, message }: { code: string; message: string }, details: JsonObject = {}): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, code, details)
}

/** Rows may say already what the process comes to only now: whoever acts on them a moment early is not told no, but to ask again. */
function underWay(stage: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable('The process is just on its way. Send the same request again.', 'TRY_AGAIN', { stage })
}

function alreadyDecided(first: StandingDecision): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`Already decided by ${first.decidedBy}`, 'ALREADY_DECIDED', { ...first })
}
