import type { SearchAttributePair } from '@temporalio/common'
import { startAttributes } from './search-attributes.ts'

type Input = Readonly<Record<string, unknown>>

/** What a run is, in one line for the operator at the Temporal UI: ids only. One entry a workflow type that can be started. */
const SUMMARIES: Readonly<Record<string, (input: Input) => string>> = {
  onboardCustomer: ({ applicationId }) => `Bring application ${text(applicationId)} to an active connection`,
  doFieldTask: ({ taskId, customerId }) =>
    `Field task ${text(taskId)}${customerId === undefined ? '' : ` for ${text(customerId)}`}`,
  findDueBilling: ({ plant }) => `Find the billing that is due at ${text(plant)}`,
  findDueReconciliation: ({ plant }) => `Find the reconciliation that is due at ${text(plant)}`,
  reconcileBooks: ({ plant, date }) => `Close the books of ${text(plant)} for ${text(date)} and prove them`,
  runBilling: ({ plant, boundary }) => `Bill ${text(plant)} for the boundary ${text(boundary)}`,
  billCustomer: ({ customerId, period }) => `Bill ${text(customerId)} for the period from ${text(period)}`,
  collectDues: ({ customerId }) => `Collect what ${text(customerId)} owes`,
  receivePayment: ({ provider, reference }) => `Take in payment ${text(reference)} by ${text(provider)}`,
  changePackage: ({ requestId, customerId }) => `Package change ${text(requestId)} of ${text(customerId)}`,
  changePrice: ({ priceChangeId }) => `New price ${text(priceChangeId)}`,
  reviewDeposits: ({ plant, date }) => `Review the deposits due at ${text(plant)} on ${text(date)}`,
  depositCash: ({ depositId }) => `See bank deposit ${text(depositId)} verified`,
  payOut: ({ refundId, accountId }) => `Pay out refund ${text(String(refundId))} of ${text(accountId)}`,
  correctCharge: ({ correctionId }) => `Correction ${text(correctionId)}`,
  handleDispute: ({ disputeId }) => `Answer dispute ${text(disputeId)}`,
  closeAccount: ({ closureId, customerId }) => `Close the account of ${text(customerId)} (${text(closureId)})`,
}

/** Everything a start needs beside type, id and input. Throws for a workflow type that nobody may start. */
export function startOptions(
  workflowType: string,
  input: Input,
): { staticSummary: string; typedSearchAttributes: SearchAttributePair[] } {
  const summary = SUMMARIES[workflowType]
  if (summary === undefined) throw new Error(`no workflow of type ${workflowType} can be started`)
  return { staticSummary: summary(input), typedSearchAttributes: startAttributes(input) }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '?'
}
