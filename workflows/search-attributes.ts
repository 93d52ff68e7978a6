import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common'

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD)

/** What operators list and filter runs by; registered before any worker polls. Plain text in the server: ids only. */
export const attributes = {
  customerId: keyword('CustomerId'),
  plantCode: keyword('PlantCode'),
  period: keyword('Period'),
  requestId: keyword('RequestId'),
  stage: keyword('Stage'),
  outcome: keyword('Outcome'),
  waitingFor: keyword('WaitingFor'),
  dueAt: defineSearchAttributeKey('DueAt', SearchAttributeType.DATETIME),
}

/** The attributes a run starts with, from the ids in its input. */
export function startAttributes(input: Readonly<Record<string, unknown>>): SearchAttributePair[] {
  const found = [
    [attributes.plantCode, input.plant],
    [attributes.customerId, input.customerId],
    [attributes.period, input.period ?? input.boundary],
    [
      attributes.requestId,
      input.requestId ??
        input.applicationId ??
        input.closureId ??
        input.depositId ??
        input.taskId ??
        input.correctionId ??
        input.disputeId,
    ],
  ] as const
  return found.flatMap(([key, value]) => (typeof value === 'string' ? [{ key, value }] : []))
}
