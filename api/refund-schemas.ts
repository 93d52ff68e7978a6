import { type Static, Type } from '@fastify/type-provider-typebox'
import type { RefundRow } from '../db/queries/refund-list.ts'
import type { Db } from '../db/client.ts'
import { assertNewTransfer, type RefundTry } from '../db/queries/refund-payments.ts'
import { DomainError } from '../domain/errors.ts'
import type { RefundMethod } from '../domain/refund.ts'
import { DecisionEntry } from './correction-schemas.ts'
import { AccountId, Actor, Currency, CustomerId, IsoInstant, MoneyMinor, Nullable, Plant, WorkflowId } from './schemas.ts'

const Count = Type.Integer({ minimum: 0 })

/** A reference as banks and receipt books write them. */
export const Reference = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$',
  description: 'Reference of the transfer, or of the signed receipt.',
  examples: ['UTR-20260806-12'],
})

/** Said of a transfer whose end is not known. */
export const inDoubt = {
  isUnknown: Type.Optional(
    Type.Boolean({
      description:
        'A transfer of which nobody knows whether it arrived: it is asked after or decided, and nothing else is paid until then.',
    }),
  ),
  provider: Type.Optional(
    Type.String({ pattern: '^[a-z][a-z0-9-]{1,39}$', description: 'The provider that can be asked about the transfer.' }),
  ),
}

/** Refuses doubt about cash or without a reference (INVALID_INPUT), and a transfer that was told of before (ALREADY_EXISTS). */
export async function assertDoubtIsWhole(
  db: Db,
  said: { method: RefundMethod; proof?: string; isUnknown?: boolean },
): Promise<void> {
  const { method, proof, isUnknown = false } = said
  if (!isUnknown) return
  if (method === 'cash' || proof === undefined)
    throw new DomainError('INVALID_INPUT', 'Only a transfer is in doubt, and its reference is what is asked after')
  await assertNewTransfer(db, { method, reference: proof })
}

export const RefundView = Type.Object({
  refundId: Count,
  plant: Plant,
  accountId: Nullable(Type.Unsafe<string>({ ...AccountId, description: 'None for money of a payer nobody knows.' })),
  customerId: Nullable(CustomerId),
  kind: Type.String({ description: '`credit`, `deposit`, or `suspense`: money of a payer nobody knows.' }),
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
