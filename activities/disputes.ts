import type { Db, Tx } from '../db/client.ts'
import { type LockedAccount, withAccount } from '../db/queries/accounts.ts'
import { type Correction, correctionsOfDispute } from '../db/queries/corrections.ts'
import { requestNote } from '../db/queries/correction-requests.ts'
import { concernedBy } from '../db/queries/bill-readings.ts'
import { billNumberOf, type Dispute, disputedChargesOf, readDispute } from '../db/queries/disputes.ts'
import { queueNotice, queueStaffNotice } from '../db/queries/notices.ts'
import { nudge, startWorkflow } from '../db/queries/outbox.ts'
import { type Decision, readDecision } from '../db/queries/processes.ts'
import type { ConfirmationReason } from '../domain/dispute.ts'
import { isDomainError } from '../domain/errors.ts'
import type { NoteLine } from '../domain/note.ts'
import { processIds } from '../domain/process-ids.ts'
import { standingOf } from './correction-notices.ts'

/** A dispute and the moment something is done about it. */
export interface DisputeAt {
  readonly disputeId: string
  readonly asOf: string
}

/** Everything the process of a dispute decides by. */
export interface DisputeFacts {
  readonly dispute: Dispute
  /** Log-ins who do not answer it: who read the meter or reviewed that, and who raised it. */
  readonly barred: readonly string[]
  /** What was said in this round. */
  readonly answer: Decision | null
  /** The correction that this round's answer asked for. */
  readonly correction: Pick<Correction, 'correctionId' | 'endedAs'> | null
}

/** Disputes of bills: answered by somebody else than read the meter, ended by a note or a confirmation (issue 4, "Disputes"). */
export function createDisputeActivities({ db }: { db: Db }) {
  return {
    /** Where the dispute stands. */
    readDisputeFacts: ({ disputeId }: DisputeAt): Promise<DisputeFacts> => readFacts(db, disputeId),

    /** The answer was that the bill is wrong: asks for the note, in the name of whoever answered. Refused by the rules, it is answered anew. */
    askForDisputeNote: (at: DisputeAt): Promise<void> => withDispute(db, at, askForNote),

    /** The note was not made (refused, overtaken): somebody answers anew. */
    answerAnew: (at: DisputeAt): Promise<void> => withDispute(db, at, answerAnew),

    /** Ends the dispute: what was disputed is chased again from where it stood; the customer is told when the bill was found right. */
    closeDispute: ({ as, ...at }: DisputeAt & { as: 'Confirmed' | 'Corrected' | 'Withdrawn' }): Promise<void> =>
      withDispute(db, at, (tx, locked) => close(tx, locked, as)),
  }
}

async function readFacts(db: Db | Tx, disputeId: string): Promise<DisputeFacts> {
  const dispute = await readDispute(db, disputeId)
  const { billId, round, raisedBy } = dispute
  const answer = await readDecision(db, processIds.dispute(disputeId), `answer:${round}`)
  const correction = (await correctionsOfDispute(db, disputeId)).find(({ disputeRound }) => disputeRound === round)
  return {
    dispute,
    barred: [raisedBy, ...(await concernedBy(db, billId))],
    answer: answer ?? null,
    correction: correction === undefined ? null : { correctionId: correction.correctionId, endedAs: correction.endedAs },
  }
}

interface Locked {
  readonly facts: DisputeFacts
  readonly account: LockedAccount
  readonly asOf: string
}

async function withDispute(
  db: Db,
  { disputeId, asOf }: DisputeAt,
  work: (tx: Tx, locked: Locked) => Promise<void>,
): Promise<void> {
  const { accountId } = await readDispute(db, disputeId)
  await withAccount(db, accountId, async (tx, account) => {
    const facts = await readFacts(tx, disputeId)
    if (facts.dispute.closedAt === null) await work(tx, { facts, account, asOf })
  })
}

async function askForNote(tx: Tx, locked: Locked): Promise<void> {
  const { facts, account, asOf } = locked
  const { answer, correction, dispute } = facts
  if (answer?.verdict !== 'corrected' || correction !== null) return
  const { disputeId, round } = dispute
  const detail = (answer.detail ?? {}) as { chargeId?: number; amountMinor?: number; lines?: NoteLine[] }
  const [first] = await disputedChargesOf(tx, disputeId)
  try {
    await requestNote(tx, account, {
      kind: 'credit',
      chargeId: detail.chargeId ?? first?.chargeId ?? 0,
      amountMinor: detail.amountMinor ?? dispute.amountMinor,
      ...(detail.lines && { lines: detail.lines }),
      reason: 'disputed',
      textId: answer.textId ?? null,
      answers: { disputeId, disputeRound: round },
      requestedBy: answer.decidedBy,
      asOf,
    })
  } catch (error) {
    if (!isDomainError(error)) throw error
    await tellAnswerer(tx, locked)
    await nextRound(tx, dispute)
  }
}

async function answerAnew(tx: Tx, { facts: { dispute, correction } }: Locked): Promise<void> {
  if (correction !== null && correction.endedAs !== null) await nextRound(tx, dispute)
}

async function nextRound(tx: Tx, { disputeId, round }: Dispute): Promise<void> {
  await tx
    .updateTable('disputes')
    .set({ round: round + 1 })
    .where('disputeId', '=', disputeId)
    .execute()
}

/** The rules refused the note (the charge cannot hold it any more) before anybody was asked to approve it. */
async function tellAnswerer(tx: Tx, { facts: { dispute, answer }, asOf }: Locked): Promise<void> {
  if (answer === null) return
  const { disputeId, plant, round, customerId, accountId } = dispute
  await queueStaffNotice(tx, {
    plant,
    login: answer.decidedBy,
    kind: 'correction-not-made',
    params: { requestId: disputeId, plantCode: plant, subjectId: customerId ?? accountId, isRefused: false },
    dedupeKey: `correction-not-made:${disputeId}:${round}`,
    asOf,
  })
}

async function close(tx: Tx, { facts, account, asOf }: Locked, as: 'Confirmed' | 'Corrected' | 'Withdrawn'): Promise<void> {
  const { dispute, answer } = facts
  const { disputeId } = dispute
  const reason = typeof answer?.detail?.reason === 'string' ? (answer.detail.reason as ConfirmationReason) : null
  const answered =
    as === 'Withdrawn' || answer === null
      ? {}
      : {
          answeredBy: answer.decidedBy,
          answeredAt: answer.decidedAt,
          answer: as === 'Confirmed' ? 'confirmed' : 'corrected',
          answerReason: reason,
          answerTextId: answer.textId ?? null,
        }
  await tx
    .updateTable('disputes')
    .set({ ...answered, closedAt: asOf, closedAs: as })
    .where('disputeId', '=', disputeId)
    .execute()
  if (as === 'Confirmed') await tellConfirmed(tx, { dispute, account, asOf, reason: reason ?? 'other' })
  await nudge(tx, `account:${account.accountId}`)
  const { plant, accountId, customerId } = account
  if (customerId === null) return
  const input = { plant, accountId, customerId }
  await startWorkflow(tx, { workflowType: 'collectDues', workflowId: processIds.collection(customerId), input })
}

async function tellConfirmed(
  tx: Tx,
  { dispute, account, asOf, reason }: { dispute: Dispute; account: LockedAccount; asOf: string; reason: ConfirmationReason },
): Promise<void> {
  const { disputeId, accountId, billId } = dispute
  const { payableMinor } = await standingOf(tx, accountId)
  const billNumber = await billNumberOf(tx, billId)
  const params = {
    disputeId,
    customerId: account.customerId ?? accountId,
    billNumber,
    reason,
    payableMinor,
    currency: account.currency,
  }
  await queueNotice(tx, { accountId, kind: 'bill-confirmed', params, dedupeKey: `bill-confirmed:${disputeId}`, asOf })
}
