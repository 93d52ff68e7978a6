import { type Static, Type } from '@fastify/type-provider-typebox'
import type { RefundRow } from '../db/queries/refund-list.ts'
import type { RefundTry } from '../db/queries/refund-payments.ts'
import { DecisionEntry } from './correction-schemas.ts'
import { AccountId, Actor, Currency, CustomerId, IsoInstant, MoneyMinor, Nullable, Plant, WorkflowId } from './schemas.ts'

const Count = Type.Integer({ minimum: 0 })

/** A reference as banks and receipt books write them. */
export const Reference = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$',
  description: 'Reference of the transfer, or of the signed receipt.',
  examples: ['UTR-20260806-12'],
})

export const RefundView = Type.Object({
  refundId: Count,
  plant: Plant,
  accountId: AccountId,
  customerId: Nullable(CustomerId),
  kind: Type.String({ description: '`credit` or `deposit`.' }),
  source: Type.String({ description: 'What asked for it: an application, a closing, or a request.' }),
  amountMinor: MoneyMinor,
  lapsedMinor: Type.Integer({ description: 'What of it was no longer held when it was to be paid.' }),
  currency: Currency,
  method: Type.String(),
  state: Type.String({
    description:
      '`requested`, `approved`, `sending` (a transfer of which nobody knows), `paid`, `refused`, `lapsed` (nothing was held any more), or `unclaimed`: kept apart because nobody fetched it, and payable at any time.',
  }),
  paymentId: Nullable(Count),
  reason: Nullable(Type.String()),
  requestedBy: Actor,
  requestedAt: IsoInstant,
  approvedBy: Nullable(Actor),
  paidAt: Nullable(IsoInstant),
  unclaimedAt: Nullable(IsoInstant),
  claimedAt: Nullable(
    Type.Unsafe<string>({ ...IsoInstant, description: 'Since when somebody who did not fetch it asks for it again.' }),
  ),
  workflowId: WorkflowId,
  stage: Nullable(Type.String()),
  waitingFor: Nullable(Type.String()),
  dueAt: Nullable(IsoInstant),
})

const TryView = Type.Object({
  try: Count,
  method: Type.String(),
  amountMinor: MoneyMinor,
  state: Type.String({ description: '`paid`, `unknown`, `failed`, or `returned`: it came back.' }),
  paidBy: Actor,
  paidAt: IsoInstant,
  reference: Nullable(Type.String()),
  provider: Nullable(Type.String()),
  settledBy: Nullable(Actor),
  settledAt: Nullable(IsoInstant),
  settledProof: Nullable(Type.String()),
})

export const RefundPage = Type.Object({
  refund: RefundView,
  payableMinor: Type.Integer({ description: 'What can be paid now: never more than is held.' }),
  approver: Type.String({ description: 'The role that decides an amount like this.' }),
  text: Nullable(Type.String({ description: 'What was written when it was asked for.' })),
  tries: Type.Array(TryView),
  decisions: Type.Array(DecisionEntry),
})

/** A refund as the API shows it. */
export function showRefund(row: RefundRow): Static<typeof RefundView> {
  return { ...row }
}

export function showTry(one: RefundTry): Static<typeof TryView> {
  return { ...one }
}
