/**
 * Business keys as workflow ids (design, "Workflows"): starting twice is starting once. They live here because the
 * transaction that makes a fact names the process it starts.
 */
export const processIds = {
  onboarding: (applicationId: string) => id('onboarding', applicationId),
  billingRun: (plant: string, boundary: string) => id('billing-run', plant, boundary),
  billing: (connectionId: string, period: string) => id('billing', connectionId, period),
  /** The advance for the rest of a period that became pre-paid: its post-paid days are billed at the same time, as `billing`. */
  advanceSinceChange: (connectionId: string, period: string) => id('billing', connectionId, period, 'since-change'),
  collection: (customerId: string) => id('collection', customerId),
  payment: (provider: string, reference: string) => id('payment', provider, reference),
  packageChange: (requestId: string) => id('package-change', requestId),
  closing: (closureId: string) => id('closing', closureId),
  depositCash: (depositId: string) => id('deposit-cash', depositId),
  payOut: (refundId: number) => id('pay-out', String(refundId)),
  task: (taskId: string) => id('task', taskId),
  correction: (correctionId: string) => id('correction', correctionId),
  dispute: (disputeId: string) => id('dispute', disputeId),
  priceChange: (priceChangeId: string) => id('price-change', priceChangeId),
  depositReview: (plant: string, date: string) => id('deposit-review', plant, date),
  findDueBilling: (plant: string) => id('find-due-billing', plant),
  reconciliation: (plant: string, date: string) => id('reconciliation', plant, date),
  findDueReconciliation: (plant: string) => id('find-due-reconciliation', plant),
} as const

/** Parts are percent-encoded: a provider's reference may hold a colon, and two keys must never meet in one id. */
function id(process: string, ...parts: readonly string[]): string {
  return [process, ...parts.map(encodeURIComponent)].join(':')
}
