import { type Static, Type } from '@fastify/type-provider-typebox'
import type { Correction } from '../db/queries/corrections.ts'
import type { Dispute } from '../db/queries/disputes.ts'
import {
  AccountId,
  Actor,
  Currency,
  CustomerId,
  EnergyWh,
  IsoInstant,
  MoneyMinor,
  Nullable,
  onlyNamed,
  Plant,
} from './schemas.ts'

export const CorrectionId = Type.String({ pattern: '^[A-Z]{6}-N[0-9]{1,9}$', examples: ['BHKATS-N7'] })
export const DisputeId = Type.String({ pattern: '^[A-Z]{6}-D[0-9]{1,9}$', examples: ['BHKATS-D3'] })
const Count = Type.Integer({ minimum: 0 })

export const CorrectionView = Type.Object({
  correctionId: CorrectionId,
  plant: Plant,
  accountId: AccountId,
  customerId: Nullable(CustomerId),
  kind: Type.String({ description: '`credit`, `debit` or `write-off` of a charge, or `reading`.' }),
  chargeId: Nullable(Count),
  amountMinor: Nullable(MoneyMinor),
  currency: Currency,
  lines: Type.Array(Type.Object({ line: Count, amountMinor: Type.Integer() })),
  readingId: Nullable(Count),
  registerWh: Nullable(EnergyWh),
  photoRef: Nullable(Type.String()),
  reason: Type.String(),
  disputeId: Nullable(DisputeId),
  requestedBy: Actor,
  requestedAt: IsoInstant,
  approvedBy: Nullable(Actor),
  noteId: Nullable(Count),
  endedAt: Nullable(IsoInstant),
  endedAs: Nullable(Type.String({ description: '`Overtaken`: approved when there was nothing left to correct.' })),
})

export const DisputeView = Type.Object({
  disputeId: DisputeId,
  plant: Plant,
  accountId: AccountId,
  customerId: Nullable(CustomerId),
  isWhole: Type.Boolean(),
  amountMinor: MoneyMinor,
  currency: Currency,
  reason: Type.String(),
  raisedBy: Actor,
  raisedAt: IsoInstant,
  dueAt: Type.Unsafe<string>({ ...IsoInstant, description: 'When it should be answered.' }),
  answer: Nullable(Type.String()),
  answerReason: Nullable(Type.String()),
  answeredBy: Nullable(Actor),
  answeredAt: Nullable(IsoInstant),
  closedAt: Nullable(IsoInstant),
  closedAs: Nullable(Type.String()),
})

/** A note on a charge, with the lines it corrects. */
export const Note = Type.Object({
  noteId: Count,
  number: Type.String(),
  chargeId: Count,
  kind: Type.String(),
  amountMinor: MoneyMinor,
  currency: Currency,
  reason: Type.String(),
  source: Type.String(),
  madeBy: Actor,
  approvedBy: Actor,
  raises: Nullable(Type.Integer({ description: 'The charge that a debit note made.' })),
  businessAt: IsoInstant,
  lines: Type.Array(Type.Object({ line: Count, kind: Type.String(), amountMinor: Type.Integer() })),
})

/** A decision with what was written about it. */
export const DecisionEntry = Type.Object({
  step: Type.String(),
  verdict: Type.String(),
  decidedBy: Actor,
  decidedAt: IsoInstant,
  text: Nullable(Type.String()),
})

/** Where a process stands beside what it is about. */
export const Standing = {
  stage: Type.String(),
  waitingFor: Nullable(Type.String()),
  dueAt: Nullable(IsoInstant),
  text: Nullable(Type.String({ description: 'What was written when it was asked for.' })),
  decisions: Type.Array(DecisionEntry),
}

export function showCorrection({ lines, ...correction }: Correction): Static<typeof CorrectionView> {
  return onlyNamed(CorrectionView, { ...correction, lines: [...lines] })
}

export function showDispute(dispute: Dispute): Static<typeof DisputeView> {
  return onlyNamed(DisputeView, dispute)
}
