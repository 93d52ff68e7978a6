import { isStaffRole } from '../domain/waiting.ts'
import { facts } from './activity-proxies.ts'
import { type DecisionInput, type Decisions, defineDecision, type NewDecision, type Recorded } from './decisions.ts'
import type { Stage } from './stage.ts'

/**
 * Gives what a process waits for now to another person, in `detail.to`. Whoever decides says in `detail.matter` what they saw waiting: by
 * the time it is decided it may be something else.
 */
export const reassign = defineDecision('reassign')

type Refusal = { code: string; message: string } | undefined

/**
 * Every approval, and whatever else waits for somebody of the staff, can be given to another person of the role or of a level above
 * (manual, "Habits that cut across": re-assign). They are told and reminded of it from then on; others of the role may still decide.
 */
export function acceptReassignment(decisions: Decisions, { plant, stage }: { plant: string; stage: Stage }): void {
  // The next free number, also where one was given on a moment ago and the row is not read again yet.
  const step = (): string => {
    const { matter, assignments } = stage.standing()
    let n = assignments + 1
    while (decisions.standingAt(`assign:${matter}:${n}`) !== undefined) n += 1
    return `assign:${matter}:${n}`
  }
  const record = async (decision: NewDecision): Promise<Recorded> => {
    const { waitingFor, matter } = stage.standing()
    const { to } = decision.detail
    if (typeof to !== 'string' || !isStaffRole(waitingFor) || !decision.step.startsWith(`assign:${matter}:`))
      return { refused: { code: 'WRONG_STAGE', message: 'What waited is through' } }
    const answer = await facts.assignWaiting({ ...decision, plant, to, waitingFor })
    if (answer.refused === undefined && answer.recorded && stage.standing().matter === matter) stage.assigned(to)
    return answer
  }
  decisions.accept(reassign, {
    step,
    verdict: 'assigned',
    at: 'any',
    refuse: (input) => refusalOf(stage, input),
    description: 'Give what waits to another person',
    record,
  })
}

function refusalOf(stage: Stage, { detail }: DecisionInput): Refusal {
  const { waitingFor, assignee, chasedBy, barred, matter } = stage.standing()
  if (!isStaffRole(waitingFor)) return { code: 'WRONG_STAGE', message: 'Nobody of the staff is waited for now' }
  if (chasedBy === 'task') return { code: 'WRONG_STAGE', message: 'Give the task to another person' }
  if (assignee !== undefined) return { code: 'WRONG_STAGE', message: 'This is given to another by its own assignment' }
  if (detail?.matter !== undefined && detail.matter !== matter)
    return { code: 'WRONG_STAGE', message: 'Something else waits by now' }
  if (typeof detail?.to !== 'string') return { code: 'INVALID_INPUT', message: 'Say whom it is given to' }
  if (barred?.includes(detail.to) === true)
    return { code: 'OWN_ENTRY', message: 'Nobody decides on an own entry, nor twice on one' }
  return undefined
}
