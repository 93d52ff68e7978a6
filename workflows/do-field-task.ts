import type { TaskFacts } from '../activities/tasks.ts'
import { facts, work } from './activity-proxies.ts'
import { defineDecision } from './decisions.ts'
import { type Procedure, procedure } from './procedure.ts'

export interface FieldTaskInput {
  readonly taskId: string
  readonly plant: string
  readonly accountId?: string
  readonly customerId?: string
}

/** Gives the task to someone else, in `detail.to`. */
export const assignTask = defineDecision('assign')
/** The assignee cannot do it. */
export const declineTask = defineDecision('decline')
/** The work is done, or cannot be: `detail` is the report (`outcome`: done | not-possible, and what the kind asks for). */
export const completeTask = defineDecision('complete')
/** A second person confirms the work. */
export const approveTask = defineDecision('approve')
/** A second person sends it back, saying why. */
export const rejectTask = defineDecision('reject')

/** Also before the first stage is written: the row is there already. */
const OPEN = ['', 'Requested', 'InProcess', 'Review']

/**
 * Request → In process → Review → Completed (manual, "Habits that cut across"). Whoever asked for it learns of every change by
 * a nudge. It ends when the work is completed, or withdrawn by whoever asked.
 */
export async function doFieldTask(input: FieldTaskInput): Promise<string> {
  const { taskId, plant } = input
  return procedure({ ...input, plant, input: { ...input } }, async (p) => {
    let known = await facts.readTaskFacts({ taskId, asOf: await p.now() })
    acceptTaskDecisions(p, () => known)

    for (;;) {
      known = await facts.readTaskFacts({ taskId, asOf: await p.now() })
      const { task, report, review, handover, handovers, needsReview } = known
      if (task.status === 'cancelled') return 'Withdrawn'
      if (task.status === 'completed') return 'Completed'
      if (handover !== null) {
        await work.handOverTask({ taskId, handover, handovers, asOf: await p.now() })
      } else if (task.status === 'review' && review !== null) {
        await work.reviewTask({ taskId, review, asOf: await p.now() })
      } else if (task.status !== 'review' && report !== null) {
        await work.reportTask({ taskId, report, needsReview, asOf: await p.now() })
      } else {
        await waitForPeople(p, known, (fact) => (known = fact))
      }
    }
  })
}

/** Waits for the next decision; reminds once, then tells the level above, again every week the task stays late. */
async function waitForPeople(p: Procedure, before: TaskFacts, seen: (fact: TaskFacts) => void): Promise<void> {
  const { task, chase } = before
  const { taskId } = task
  const changed = await p.waitFor({
    read: (at) => facts.readTaskFacts({ taskId, asOf: at }),
    enough: (fact) => {
      seen(fact)
      return (
        fact.task.status !== task.status ||
        fact.handover !== null ||
        (fact.report !== null && task.status !== 'review') ||
        fact.review !== null
      )
    },
    // Whoever reviews is reminded like everybody a process waits for; whoever works by the task's own rule.
    until: task.status === 'review' ? undefined : chase.at,
    stage: {
      name: stageOf(task.status),
      waitingFor: waitingFor(before),
      dueAt: task.dueAt,
      topics: [`task:${taskId}`],
      ...(task.status === 'review'
        ? { about: String(task.round), barred: task.completedBy === null ? [] : [task.completedBy] }
        : { assignee: task.assignedTo, chasedBy: 'body' as const }),
    },
    summary: `${task.kind} ${taskId}`,
  })
  if (changed === undefined) await work.chaseTask({ taskId, level: chase.level, asOf: await p.now() })
}

function stageOf(status: string): string {
  if (status === 'review') return 'Review'
  return status === 'requested' ? 'Requested' : 'InProcess'
}

function waitingFor({ task }: TaskFacts): 'technician' | 'csa' | 'operator' | 'cluster-in-charge' {
  if (task.status === 'review') return 'operator'
  if (task.assignedTo === null) return 'cluster-in-charge'
  return task.kind === 'collection-visit' || task.kind === 'written-notice' || task.kind === 'bill-delivery'
    ? 'csa'
    : 'technician'
}

/** What was decided so far, also what the rows do not say yet: they follow a moment later, and people act on either. */
function createOutlook(p: Procedure, known: () => TaskFacts) {
  const standingAt = (step: string) => p.decisions.standingAt(step)
  const round = (): number => {
    let current = known().task.round
    while (standingAt(`review:${current}`)?.verdict === 'rejected-back') current += 1
    return current
  }
  const handovers = (): number => {
    let count = known().handovers
    while (standingAt(`handover:${count + 1}`) !== undefined) count += 1
    return count
  }
  const reportedBy = (): string | undefined =>
    standingAt(`report:${round()}`)?.decidedBy ?? (round() === known().task.round ? known().report?.by : undefined)
  const isSomebodys = (): boolean => {
    const last = standingAt(`handover:${handovers()}`)
    return last === undefined ? known().task.assignedTo !== null : last.verdict === 'assigned'
  }
  return { round, handovers, reportedBy, isSomebodys }
}

/** Decided from the moment it can be, whether or not the process has come to the stage yet. */
function acceptTaskDecisions(p: Procedure, known: () => TaskFacts): void {
  const { taskId } = known().task
  const { round, handovers, reportedBy, isSomebodys } = createOutlook(p, known)
  const handover = (): string => `handover:${handovers() + 1}`
  p.decisions.accept(assignTask, {
    step: handover,
    verdict: 'assigned',
    at: OPEN,
    description: 'Give the task to someone else',
    refuse: ({ detail }) =>
      typeof detail?.to === 'string' ? undefined : { code: 'INVALID_INPUT', message: 'Say whom it is given to' },
  })
  p.decisions.accept(declineTask, {
    step: handover,
    verdict: 'declined',
    at: OPEN,
    description: 'Give the task back',
    refuse: () => {
      if (reportedBy() !== undefined) return wrongStage('The work is reported already')
      return isSomebodys() ? undefined : wrongStage('Nobody has this task')
    },
  })
  p.decisions.accept(completeTask, {
    step: () => `report:${round()}`,
    verdict: 'reported',
    at: OPEN,
    description: 'Report the work',
    record: (decision) => facts.recordReport({ ...decision, taskId }),
  })
  const review = (): string => `review:${round()}`
  const refuse = ({ by }: { by: string }) => {
    if (reportedBy() === undefined || !known().needsReview) return wrongStage('Nothing waits to be reviewed')
    return by === reportedBy() ? { code: 'OWN_ENTRY', message: 'Nobody reviews his own work' } : undefined
  }
  p.decisions.accept(approveTask, { step: review, verdict: 'approved', at: OPEN, refuse, description: 'Confirm the work' })
  p.decisions.accept(rejectTask, { step: review, verdict: 'rejected-back', at: OPEN, refuse, description: 'Send the work back' })
}

function wrongStage(message: string): { code: string; message: string } {
  return { code: 'WRONG_STAGE', message }
}
