import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import type { Topic } from '../db/queries/outbox.ts'
import type { Waiting } from '../db/queries/process-waiting.ts'
import { isStaffRole } from '../domain/waiting.ts'
import { facts, work } from './activity-proxies.ts'
import type { PlantClock } from './plant-clock.ts'
import type { ProcedureStart } from './procedure.ts'
import { attributes } from './search-attributes.ts'

/** Whom a run waits for: a role, a meter, or time. */
export type WaitingFor =
  'customer' | 'csa' | 'technician' | 'operator' | 'cluster-in-charge' | 'state-in-charge' | 'head-office' | 'meter' | 'clock'

export interface StageFacts {
  readonly waitingFor?: WaitingFor | undefined
  /** When the wait ends or is escalated, business time. */
  readonly dueAt?: string | undefined
  /** One or two lines of markdown for the UI's "current details": ids and amounts only. */
  readonly details?: string
  readonly parkedReason?: string
  /** Linked once known: the account's customer ID. */
  readonly customerId?: string
  readonly topics?: readonly Topic[]
  /** Which of several things of this stage: a refund's number. Another one is reminded of, and given to people, anew. */
  readonly about?: string
  /** The person the process itself has given it to, by a decision of its own; null while it is nobody's yet. */
  readonly assignee?: string | null
  /** Log-ins to whom it cannot be given: whoever entered it, or decided a step before. */
  readonly barred?: readonly string[]
  /** Who reminds people here, where it is not the procedure's own rule for all stages: the body, or the task that is waited for. */
  readonly chasedBy?: 'body' | 'task'
}

/** Where a run stands, and how it says so. */
export interface Stage {
  current(): string
  /** What is waited for now. */
  standing(): StandingStage
  enter(name: string, stageFacts?: StageFacts): Promise<void>
  end(outcome: string): Promise<void>
  /** When people are told next that it still waits; undefined where nobody is. */
  chaseAt(): string | undefined
  /** Reminds people that it still waits, or tells the level above. */
  chase(): Promise<void>
  /** It was given to this person. */
  assigned(to: string): void
}

/** What is waited for, with what decides to whom it can be given. */
export interface StandingStage extends StageFacts {
  readonly name: string
  /** The stage, and which of several things in it. */
  readonly matter: string
  /** How often it was given to another person. */
  readonly assignments: number
}

const NOTHING: Waiting = { assignedTo: null, chaseAt: null, assignments: 0 }

/** Keeps the process row, the search attributes and the current details in step, written only when something changed. */
export function createStage({ start, clock }: { start: ProcedureStart; clock: PlantClock }): Stage {
  let standing: StandingStage = { name: '', matter: '', assignments: 0 }
  let waiting = NOTHING
  let outcome: string | undefined
  let written = ''
  let customerId = start.customerId

  async function write(name: string, stageFacts: StageFacts, ending?: string): Promise<void> {
    customerId = stageFacts.customerId ?? customerId
    const matter = stageFacts.about === undefined ? name : `${name} ${stageFacts.about}`
    standing = { ...stageFacts, name, matter, assignments: standing.matter === matter ? standing.assignments : 0 }
    outcome = ending
    const key = JSON.stringify([name, stageFacts, ending])
    if (key === written) return
    heard(await facts.saveStage(rowOf(start, { standing, customerId, outcome, asOf: await clock.now() })))
    written = key
  }

  /** Takes in how it waits, as the row says. A run that was begun by an older release was not told. */
  function heard(told: Waiting | undefined): void {
    waiting = told ?? NOTHING
    standing = { ...standing, assignments: waiting.assignments }
    show(standing, { waiting, outcome, customerId })
  }

  return {
    current: (): string => standing.name,
    standing: (): StandingStage => standing,
    enter: (name: string, stageFacts: StageFacts = {}): Promise<void> => write(name, stageFacts),
    end: (ending: string): Promise<void> => write('Ended', {}, ending),
    chaseAt: (): string | undefined => waiting.chaseAt ?? undefined,
    chase: async (): Promise<void> => {
      const { workflowId } = workflowInfo()
      const { matter, dueAt } = standing
      const before = waiting.chaseAt
      heard(await work.chaseWaiting({ workflowId, matter, hasDueDate: dueAt !== undefined, asOf: await clock.now() }))
      // Nobody was told, because the row stands otherwise: the next write of the stage says when it is time.
      if (waiting.chaseAt === before) waiting = { ...waiting, chaseAt: null }
    },
    assigned: (to: string): void => heard({ ...waiting, assignedTo: to, assignments: waiting.assignments + 1 }),
  }
}

interface Written {
  readonly standing: StandingStage
  readonly customerId: string | undefined
  readonly outcome: string | undefined
  readonly asOf: string
}

/** What the process row says of it, and whether people are reminded by the rule for all stages. */
function rowOf(
  { plant, accountId, input, topics }: ProcedureStart,
  { standing, customerId, outcome, asOf }: Written,
): Parameters<typeof facts.saveStage>[0] {
  const { workflowId, workflowType } = workflowInfo()
  const { name, matter, waitingFor, dueAt, parkedReason, assignee, chasedBy } = standing
  return {
    ...{ workflowId, workflowType, input, plant, stage: name, matter, asOf },
    topics: [...(topics ?? []), ...(standing.topics ?? [])],
    isChased: outcome === undefined && chasedBy === undefined && isStaffRole(waitingFor),
    ...(waitingFor && { waitingFor }),
    ...(dueAt && { dueAt }),
    ...(parkedReason !== undefined && { parkedReason }),
    ...(assignee !== undefined && { assignee }),
    ...(accountId && { accountId }),
    ...(customerId && { customerId }),
    ...(outcome && { outcome }),
  }
}

interface Shown {
  readonly waiting: Waiting
  readonly outcome: string | undefined
  readonly customerId: string | undefined
}

function show(standing: StandingStage, { waiting, outcome, customerId }: Shown): void {
  const { name, waitingFor } = standing
  const dueAt = standing.dueAt ?? waiting.chaseAt ?? undefined
  upsertSearchAttributes([
    { key: attributes.stage, value: name },
    { key: attributes.waitingFor, value: waitingFor ?? null },
    { key: attributes.dueAt, value: dueAt === undefined ? null : new Date(dueAt) },
    { key: attributes.outcome, value: outcome ?? null },
    ...(customerId === undefined ? [] : [{ key: attributes.customerId, value: customerId }]),
  ])
  setCurrentDetails(describe(standing, { dueAt, assignedTo: waiting.assignedTo, outcome }))
}

function describe(
  { name, waitingFor, details, parkedReason }: StandingStage,
  { dueAt, assignedTo, outcome }: { dueAt: string | undefined; assignedTo: string | null; outcome: string | undefined },
): string {
  const lines = [`**${outcome ?? name}**`]
  if (waitingFor !== undefined) lines.push(`Waiting for: ${waitingFor}${assignedTo === null ? '' : ` (${assignedTo})`}`)
  if (dueAt !== undefined) lines.push(`Due: ${dueAt}`)
  if (parkedReason !== undefined) lines.push(`Why it is parked: ${parkedReason}`)
  if (details !== undefined) lines.push(details)
  return lines.join('\n\n')
}
