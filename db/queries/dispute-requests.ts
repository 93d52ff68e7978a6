import { sql } from 'kysely'
import { addToInstant, dateAt } from '../../domain/calendar.ts'
import { disputedParts, type DisputeReason } from '../../domain/dispute.ts'
import { DomainError } from '../../domain/errors.ts'
import { disputeId as disputeIdOf } from '../../domain/ids.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'
import { type Dispute, disputeOfBill, readDispute } from './disputes.ts'
import { queueNotice } from './notices.ts'
import { type ChargeToCorrect, readChargeToCorrect } from './notes.ts'
import { takeNumbers } from './numbers.ts'
import { nudge, startWorkflow } from './outbox.ts'
import { type PlantTerms, readPlant } from './plants.ts'
import { tellRole } from './tasks.ts'

export interface DisputeRaised {
  readonly billNumber: string
  /** Left out: the whole bill. */
  readonly amountMinor?: number | undefined
  readonly reason: DisputeReason
  readonly textId: number | null
  readonly raisedBy: string
  readonly asOf: string
}

/**
 * Takes in a dispute of a bill: what is disputed is not chased until it is answered. Refusals: NOT_FOUND, ALREADY_EXISTS with the id (once a
 * bill), CHARGE_SETTLED when nothing of it could be taken off, NOTE_EXCEEDS. The caller holds the account lock.
 */
export async function raiseDispute(tx: Tx, account: LockedAccount, raised: DisputeRaised): Promise<Dispute> {
  const { plant: code, accountId, customerId, currency } = account
  const bill = await billOf(tx, accountId, raised.billNumber)
  const before = await disputeOfBill(tx, bill.billId)
  if (before !== undefined) throw new DomainError('ALREADY_EXISTS', 'A bill is disputed once', { disputeId: before.disputeId })
  const charges = await chargesOf(tx, bill.billId)
  const parts = disputedParts(charges, raised.amountMinor)
  const plant = await readPlant(tx, code, raised.asOf)
  const dueAt = addToInstant(raised.asOf, plant.policy.tasks.targets.dispute, plant.zone)
  const disputeId = disputeIdOf(code, await takeNumbers(tx, `${code}:dispute`, 1))
  const amountMinor = parts.reduce((sum, part) => sum + part.amountMinor, 0)
  const { reason, textId, raisedBy, asOf: raisedAt } = raised
  const row = { disputeId, plant: code, accountId, customerId, billId: bill.billId, currency, reason, textId, raisedBy, raisedAt }
  await tx
    .insertInto('disputes')
    .values({ ...row, isWhole: raised.amountMinor === undefined, amountMinor, dueAt })
    .execute()
  await tx
    .insertInto('disputedCharges')
    .values(parts.map((part) => ({ disputeId, ...part })))
    .execute()
  const input = { plant: code, accountId, disputeId, ...(customerId !== null && { customerId }) }
  await startWorkflow(tx, { workflowType: 'handleDispute', workflowId: processIds.dispute(disputeId), input })
  await nudge(tx, `account:${accountId}`)
  const dispute = await readDispute(tx, disputeId)
  await announce(tx, { dispute, plant, billNumber: raised.billNumber, charges })
  return dispute
}

async function billOf(tx: Tx, accountId: string, number: string): Promise<{ billId: number }> {
  const bill = await tx
    .selectFrom('bills')
    .select('billId')
    .where('accountId', '=', accountId)
    .where('number', '=', number)
    .executeTakeFirst()
  if (bill === undefined) throw new DomainError('NOT_FOUND', 'no such bill')
  return bill
}

/** The charges a bill shows, electricity first. */
async function chargesOf(tx: Tx, billId: number): Promise<ChargeToCorrect[]> {
  const rows = await tx
    .selectFrom('billCharges')
    .innerJoin('charges', 'charges.chargeId', 'billCharges.chargeId')
    .select('charges.chargeId')
    .where('billId', '=', billId)
    .orderBy(sql`kind <> 'electricity'`)
    .orderBy('charges.chargeId')
    .execute()
  return Promise.all(rows.map(({ chargeId }) => readChargeToCorrect(tx, chargeId)))
}

interface Announced {
  readonly dispute: Dispute
  readonly plant: PlantTerms
  readonly billNumber: string
  readonly charges: readonly ChargeToCorrect[]
}

/** The customer is told until when they have an answer, and what must be paid meanwhile; a CSA is told that it is to be answered. */
async function announce(tx: Tx, { dispute, plant, billNumber, charges }: Announced): Promise<void> {
  const { disputeId, accountId, amountMinor, currency, dueAt, raisedAt: asOf } = dispute
  const customerId = dispute.customerId ?? accountId
  const openMinor = charges.reduce((sum, charge) => sum + charge.openMinor, 0)
  const answerBy = dateAt(dueAt, plant.zone)
  await queueNotice(tx, {
    accountId,
    kind: 'dispute-received',
    params: {
      disputeId,
      customerId,
      billNumber,
      disputedMinor: amountMinor,
      undisputedMinor: Math.max(openMinor - amountMinor, 0),
      currency,
      answerBy,
    },
    dedupeKey: `dispute-received:${disputeId}`,
    asOf,
  })
  const params = {
    decision: 'dispute',
    requestId: disputeId,
    plantCode: plant.plant,
    subjectId: customerId,
    decideBy: answerBy,
  } as const
  const to = { plant: plant.plant, role: 'csa' }
  await tellRole(tx, to, { kind: 'decision-needed', params, dedupeKey: `decision-needed:${disputeId}`, asOf })
}
