import type { Db, Tx } from '../db/client.ts'
import { withAccount } from '../db/queries/accounts.ts'
import { allocateCredit } from '../db/queries/charges.ts'
import { type Correction, type CorrectionEnding, readCorrection } from '../db/queries/corrections.ts'
import { correctionApprover } from '../db/queries/correction-requests.ts'
import { queueStaffNotice } from '../db/queries/notices.ts'
import { nudge, startWorkflow } from '../db/queries/outbox.ts'
import { readPlant } from '../db/queries/plants.ts'
import { type Decision, readDecision } from '../db/queries/processes.ts'
import { decideUnpaidHold } from '../db/queries/unpaid-hold.ts'
import { Contradiction, isDomainError } from '../domain/errors.ts'
import type { CorrectionKind } from '../domain/note.ts'
import { processIds } from '../domain/process-ids.ts'
import type { Role } from '../domain/roles.ts'
import { correctReading } from './correct-reading.ts'
import { tellCorrected } from './correction-notices.ts'
import { makeNote, type MadeNote, type NoteContext } from './make-note.ts'

/** A correction and the moment something is done about it. */
export interface CorrectionAt {
  readonly correctionId: string
  readonly asOf: string
}

/** Everything the process of a correction decides by. */
export interface CorrectionFacts {
  readonly correction: Correction
  /** Whose decision it waits for. */
  readonly approver: Exclude<Role, 'customer'>
  readonly decision: Decision | null
}

/** Corrections of issued charges and accepted readings: decided by a second person, carried out in one transaction. */
export function createCorrectionActivities({ db }: { db: Db }) {
  return {
    /** Where the correction stands. */
    readCorrectionFacts: ({ correctionId }: CorrectionAt): Promise<CorrectionFacts> => readFacts(db, correctionId),

    /**
     * Carries out what was approved, once: the note with its postings, what was paid beyond it back to credit and allocated anew, the
     * hold lifted where nothing is overdue, word to the customer. `Overtaken` when there is nothing left to correct.
     */
    carryOutCorrection: ({ approvedBy, ...at }: CorrectionAt & { approvedBy: string }): Promise<CorrectionEnding> =>
      withCorrection(db, at, (tx, locked) => carryOut(tx, { ...locked, approvedBy })),

    /** Ends a correction that was refused or taken back; whoever asked for it learns that it was refused. */
    endCorrection: ({ as, ...at }: CorrectionAt & { as: 'Rejected' | 'Withdrawn' }): Promise<CorrectionEnding> =>
      withCorrection(db, at, (tx, locked) => end(tx, locked, { as })),
  }
}

async function readFacts(db: Db | Tx, correctionId: string): Promise<CorrectionFacts> {
  const correction = await readCorrection(db, correctionId)
  const plant = await readPlant(db, correction.plant, correction.requestedAt)
  const decision = await readDecision(db, processIds.correction(correctionId), 'approval')
  return { correction, approver: correctionApprover(correction, plant), decision: decision ?? null }
}

interface Locked extends NoteContext {
  readonly correction: Correction
}

/** Runs a step in one transaction with the account locked; a correction that has ended stays as it ended. */
async function withCorrection(
  db: Db,
  { correctionId, asOf }: CorrectionAt,
  work: (tx: Tx, locked: Locked) => Promise<CorrectionEnding>,
): Promise<CorrectionEnding> {
  const { accountId } = await readCorrection(db, correctionId)
  return withAccount(db, accountId, async (tx, account) => {
    const correction = await readCorrection(tx, correctionId)
    if (correction.endedAs !== null) return correction.endedAs
    return work(tx, { correction, account, plant: await readPlant(tx, account.plant, asOf), asOf })
  })
}

type Approved = Locked & { readonly approvedBy: string }

async function carryOut(tx: Tx, approved: Approved): Promise<CorrectionEnding> {
  const { approvedBy } = approved
  const made = await unlessOvertaken(() => correct(tx, approved))
  if (made === undefined) return end(tx, approved, { as: 'Overtaken', approvedBy })
  if (made.note !== null) await settle(tx, approved, made.note)
  return end(tx, approved, { as: 'Corrected', approvedBy, noteId: made.note?.noteId ?? null })
}

/** The rules refuse before anything is written: meanwhile somebody paid, or credited it, or it was corrected otherwise. */
async function unlessOvertaken<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act()
  } catch (error) {
    if (isDomainError(error)) return undefined
    throw error
  }
}

async function correct(tx: Tx, approved: Approved): Promise<{ note: MadeNote | null }> {
  const { correction, approvedBy } = approved
  const { kind, chargeId, amountMinor, lines, reason, requestedBy: madeBy, correctionId } = correction
  if (kind === 'reading') {
    await correctReading(tx, approved)
    return { note: null }
  }
  if (chargeId === null || amountMinor === null) throw new Contradiction(`${correctionId} names no charge`)
  const source = processIds.correction(correctionId)
  return { note: await makeNote(tx, approved, { kind, chargeId, amountMinor, lines, reason, source, madeBy, approvedBy }) }
}

/** What follows a note in the same transaction: money put to use by the normal rule, the hold, the chase, word to the customer. */
async function settle(tx: Tx, approved: Approved, note: MadeNote): Promise<void> {
  const { correction, account, plant, asOf } = approved
  await allocateCredit(tx, { account, asOf, zone: plant.zone })
  await decideUnpaidHold(tx, { account, asOf, zone: plant.zone, policy: withoutFee(plant.policy, correction.kind) })
  if (note.raised !== null) await chase(tx, approved)
  await tellCorrected(tx, approved, note)
  await nudge(tx, `account:${account.accountId}`, `charge:${correction.chargeId ?? 0}`)
}

/** Who was cut for what a note says was not owed does not pay for being lit again (docs/decisions/0023). */
function withoutFee<P extends { readonly fees: { readonly reconnectionMinor: number } }>(policy: P, kind: CorrectionKind): P {
  return kind === 'credit' ? { ...policy, fees: { ...policy.fees, reconnectionMinor: 0 } } : policy
}

async function chase(tx: Tx, { account: { plant, accountId, customerId } }: Approved): Promise<void> {
  if (customerId === null) return
  const input = { plant, accountId, customerId }
  await startWorkflow(tx, { workflowType: 'collectDues', workflowId: processIds.collection(customerId), input })
}

async function end(
  tx: Tx,
  { correction, asOf }: Locked,
  { as, approvedBy = null, noteId = null }: { as: CorrectionEnding; approvedBy?: string | null; noteId?: number | null },
): Promise<CorrectionEnding> {
  const { correctionId, disputeId } = correction
  await tx
    .updateTable('corrections')
    .set({ endedAt: asOf, endedAs: as, approvedBy, noteId })
    .where('correctionId', '=', correctionId)
    .execute()
  if (disputeId !== null) await nudge(tx, `process:${processIds.dispute(disputeId)}`)
  if (as === 'Rejected' || as === 'Overtaken') await tellMaker(tx, { correction, asOf, outcome: as })
  return as
}

async function tellMaker(
  tx: Tx,
  { correction, asOf, outcome }: { correction: Correction; asOf: string; outcome: 'Rejected' | 'Overtaken' },
): Promise<void> {
  const { correctionId, plant, requestedBy, customerId, accountId } = correction
  const params = {
    requestId: correctionId,
    plantCode: plant,
    subjectId: customerId ?? accountId,
    isRefused: outcome === 'Rejected',
  }
  const dedupeKey = `correction-not-made:${correctionId}`
  await queueStaffNotice(tx, { plant, login: requestedBy, kind: 'correction-not-made', params, dedupeKey, asOf })
}
