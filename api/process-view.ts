import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { ProcessRow } from '../db/queries/process-list.ts'
import type { ApiSettings } from './deps.ts'
import { principalOf } from './principal.ts'
import { IsoInstant, Nullable, Plant } from './schemas.ts'

export const Process = Type.Object({
  workflowId: Type.String(),
  workflowType: Type.String(),
  plant: Plant,
  accountId: Nullable(Type.String()),
  customerId: Nullable(Type.String()),
  stage: Type.String({ description: 'Where it stands; `Parked` when it cannot go on by itself.' }),
  waitingFor: Nullable(Type.String({ description: 'Whom it waits for: a role, the meter, or the day.' })),
  assignedTo: Nullable(Type.String({ description: 'The person of that role who has it, where it was given to one; for staff.' })),
  dueAt: Nullable(IsoInstant),
  outcome: Nullable(Type.String({ description: 'How it ended; null while it is open.' })),
  parkedReason: Nullable(Type.String()),
  startedAt: IsoInstant,
  changedAt: IsoInstant,
  temporalUrl: Nullable(Type.String({ description: 'Its run in the Temporal UI; for staff.' })),
})

/** A process as whoever asks may see it: why it is parked and its run in the Temporal UI are for staff. */
export function showProcess(config: ApiSettings, request: FastifyRequest, row: ProcessRow): Static<typeof Process> {
  const isStaff = principalOf(request).kind === 'staff'
  const { waitingMatter: _internal, ...shown } = row
  return {
    ...shown,
    assignedTo: isStaff ? row.assignedTo : null,
    parkedReason: isStaff ? row.parkedReason : null,
    temporalUrl: isStaff ? temporalUrl(config, row.workflowId) : null,
  }
}

/** Where people read the run in the Temporal UI; null where no UI is known. */
export function temporalUrl({ temporalUiUrl, namespace }: ApiSettings, workflowId: string): string | null {
  if (temporalUiUrl === undefined) return null
  return `${temporalUiUrl.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`
}
