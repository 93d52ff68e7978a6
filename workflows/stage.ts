import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import type { Topic } from '../db/queries/outbox.ts'
import { facts } from './activity-proxies.ts'
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
}

/** Where a run stands, and how it says so. */
export interface Stage {
  current(): string
  enter(name: string, stageFacts?: StageFacts): Promise<void>
  end(outcome: string): Promise<void>
}

/** Keeps the process row, the search attributes and the current details in step, written only when something changed. */
export function createStage({ start, clock }: { start: ProcedureStart; clock: PlantClock }): Stage {
  const { workflowId, workflowType } = workflowInfo()
  let current = ''
  let written = ''
  let customerId = start.customerId

  async function write(name: string, { details, ...stageFacts }: StageFacts, outcome?: string): Promise<void> {
    customerId = stageFacts.customerId ?? customerId
    current = name
    const key = JSON.stringify([name, stageFacts, details, outcome])
    if (key === written) return
    const asOf = await clock.now()
    const { plant, accountId, input } = start
    const topics = [...(start.topics ?? []), ...(stageFacts.topics ?? [])]
    await facts.saveStage({
      ...stageFacts,
      workflowId,
      workflowType,
      input,
      plant,
      stage: name,
      asOf,
      topics,
      ...(accountId && { accountId }),
      ...(customerId && { customerId }),
      ...(outcome && { outcome }),
    })
    show(name, stageFacts, outcome)
    setCurrentDetails(describe(name, { ...stageFacts, ...(details && { details }) }, outcome))
    written = key
  }

  function show(name: string, { waitingFor, dueAt }: StageFacts, outcome?: string): void {
    upsertSearchAttributes([
      { key: attributes.stage, value: name },
      { key: attributes.waitingFor, value: waitingFor ?? null },
      { key: attributes.dueAt, value: dueAt === undefined ? null : new Date(dueAt) },
      { key: attributes.outcome, value: outcome ?? null },
      ...(customerId === undefined ? [] : [{ key: attributes.customerId, value: customerId }]),
    ])
  }

  return {
    current: (): string => current,
    enter: (name: string, stageFacts: StageFacts = {}): Promise<void> => write(name, stageFacts),
    end: (outcome: string): Promise<void> => write('Ended', {}, outcome),
  }
}

function describe(name: string, { waitingFor, dueAt, details, parkedReason }: StageFacts, outcome?: string): string {
  const lines = [`**${outcome ?? name}**`]
  if (waitingFor !== undefined) lines.push(`Waiting for: ${waitingFor}`)
  if (dueAt !== undefined) lines.push(`Due: ${dueAt}`)
  if (parkedReason !== undefined) lines.push(`Why it is parked: ${parkedReason}`)
  if (details !== undefined) lines.push(details)
  return lines.join('\n\n')
}
