import { ApplicationFailure } from '@temporalio/workflow'
import type { PackageMode } from '../domain/package.ts'
import { sets } from './activity-proxies.ts'
import type { Procedure } from './procedure.ts'

export interface BillCustomerInput {
  readonly plant: string
  readonly accountId: string
  readonly customerId: string
  /** First day of the period. */
  readonly period: string
  /** Where the period's billing falls due: its end where it is post-paid, its beginning where pre-paid. */
  readonly boundary: string
  /** The day on which a lapsed customer asked for this advance. */
  readonly asked?: string
  /** An advance for the rest of a period that was post-paid before. */
  readonly sinceChange?: boolean
}

/** A set of one, after the wait. What cannot be assessed parks the cycle with its reason until somebody says `retry`. */
export async function issueOne(p: Procedure, input: BillCustomerInput, mode: PackageMode): Promise<void> {
  const { plant, boundary, customerId, asked } = input
  const set = { plant, boundary, mode, connectionIds: [customerId], byCycle: true, ...(asked !== undefined && { from: asked }) }
  const { parked, waiting } = await sets.issueBills({ ...set, asOf: await p.now() })
  const [refused] = parked
  if (refused !== undefined) {
    const [code = 'INVALID_INPUT', ...words] = refused.reason.split(': ')
    throw ApplicationFailure.nonRetryable(words.join(': '), code)
  }
  // The look before said that nothing stands in the way: whatever came in between must be looked at by a person.
  if (waiting.length > 0) throw ApplicationFailure.nonRetryable('The bill must wait for something that was there', 'WRONG_STAGE')
}
