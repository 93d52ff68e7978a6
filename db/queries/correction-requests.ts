import { approvalChain } from '../../domain/approvals.ts'
import { addToInstant, dateAt } from '../../domain/calendar.ts'
import { Contradiction, DomainError } from '../../domain/errors.ts'
import { correctionId as correctionIdOf } from '../../domain/ids.ts'
import { assessNote, CORRECTION_DECISION, type NoteKind, type NoteLine, type NoteReason } from '../../domain/note.ts'
import { processIds } from '../../domain/process-ids.ts'
import { adjustmentMinor, assertCorrectedRegister } from '../../domain/reading-correction.ts'
import { levelUp, type Role } from '../../domain/roles.ts'
import type { Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'
import { type Correction, readCorrection } from './corrections.ts'
import { assertCorrectable, readChargeToCorrect } from './notes.ts'
import { takeNumbers } from './numbers.ts'
import { startWorkflow } from './outbox.ts'
import { type PlantTerms, readPlant } from './plants.ts'
import { billedAround, hasNextBill, readReadingToCorrect } from './reading-corrections.ts'
import { staffAt, tellRole } from './tasks.ts'

interface Asking {
  readonly reason: NoteReason
  readonly textId: number | null
  readonly requestedBy: string
  readonly asOf: string
}

export interface NoteRequest extends Asking {
  readonly kind: NoteKind
  readonly chargeId: number
  readonly amountMinor: number
  readonly lines?: readonly NoteLine[]
  /** The dispute it answers, and in which round of it. */
  readonly answers?: { readonly disputeId: string; readonly disputeRound: number }
}

export interface ReadingCorrectionRequest extends Asking {
  readonly readingId: number
  readonly registerWh: number
  readonly photoRef: string | null
}

/**
 * Asks for a note on a charge: refuses what cannot be (as `assessNote` does), else writes the request, starts its process and tells whoever
 * decides on an amount like this. The caller holds the account lock.
 */
export async function requestNote(tx: Tx, account: LockedAccount, asked: NoteRequest): Promise<Correction> {
  const charge = await readChargeToCorrect(tx, asked.chargeId)
  assertCorrectable(charge, account, asked)
  const { amountMinor } = assessNote(charge, asked)
  const { kind, chargeId, lines = [], answers = { disputeId: null, disputeRound: null } } = asked
  return open(tx, account, { asking: asked, matter: { kind, chargeId, amountMinor, lines: JSON.stringify(lines), ...answers } })
}

/**
 * Asks for the correction of a reading that was accepted. READING_BELOW_LAST when it does not fit between its neighbours, WRONG_STAGE when
 * bills are out that it changes and no other bill is to come: their charges are corrected by a note then.
 */
export async function requestReadingCorrection(
  tx: Tx,
  account: LockedAccount,
  asked: ReadingCorrectionRequest,
): Promise<Correction> {
  const reading = await readReadingToCorrect(tx, asked.readingId)
  if (reading.accountId !== account.accountId) throw new DomainError('NOT_FOUND', 'no such reading')
  const registers = { readRegisterWh: reading.registerWh, correctedRegisterWh: asked.registerWh }
  assertCorrectedRegister({ ...reading, ...registers })
  const around = await billedAround(tx, reading)
  const changes = adjustmentMinor(registers, around) !== 0
  if (changes && !(await hasNextBill(tx, reading.customerId)))
    throw new DomainError('WRONG_STAGE', 'No bill is to come that could take it in: correct the charge by a note')
  const { readingId, registerWh, photoRef } = asked
  return open(tx, account, { asking: asked, matter: { kind: 'reading', readingId, registerWh, photoRef } })
}

type Matter =
  | {
      readonly kind: NoteKind
      readonly chargeId: number
      readonly amountMinor: number
      readonly lines: string
      readonly disputeId: string | null
      readonly disputeRound: number | null
    }
  | { readonly kind: 'reading'; readonly readingId: number; readonly registerWh: number; readonly photoRef: string | null }

async function open(tx: Tx, account: LockedAccount, { asking, matter }: { asking: Asking; matter: Matter }): Promise<Correction> {
  const { plant, accountId, customerId, currency } = account
  const { reason, textId, requestedBy, asOf: requestedAt } = asking
  if (matter.kind === 'reading') await assertNoOtherOpen(tx, matter.readingId)
  const correctionId = correctionIdOf(plant, await takeNumbers(tx, `${plant}:correction`, 1))
  await tx
    .insertInto('corrections')
    .values({ correctionId, plant, accountId, customerId, currency, reason, textId, requestedBy, requestedAt, ...matter })
    .execute()
  const input = { plant, accountId, correctionId, ...(customerId !== null && { customerId }) }
  await startWorkflow(tx, { workflowType: 'correctCharge', workflowId: processIds.correction(correctionId), input })
  const correction = await readCorrection(tx, correctionId)
  await askApprovers(tx, correction)
  return correction
}

async function assertNoOtherOpen(tx: Tx, readingId: number): Promise<void> {
  const other = await tx
    .selectFrom('corrections')
    .select('correctionId')
    .where('readingId', '=', readingId)
    .where('endedAt', 'is', null)
    .executeTakeFirst()
  if (other !== undefined)
    throw new DomainError('ALREADY_EXISTS', 'This reading is being corrected already', { correctionId: other.correctionId })
}

/** The role that decides a correction: by its amount, or another person at the plant for a reading (policy, "decision" table). */
export function correctionApprover(
  { kind, amountMinor }: Pick<Correction, 'kind' | 'amountMinor'>,
  { policy }: Pick<PlantTerms, 'policy'>,
): Exclude<Role, 'customer'> {
  const matter = { decision: CORRECTION_DECISION[kind], ...(amountMinor !== null && { amountMinor }) }
  const [role] = approvalChain(matter, policy)
  if (role === undefined || role === 'customer') throw new Contradiction(`nobody decides a ${kind}`)
  return role
}

/** Tells those who decide; where whoever asked is the only one of that role, the level above. */
async function askApprovers(tx: Tx, correction: Correction): Promise<void> {
  const { correctionId, kind, plant: code, requestedBy, requestedAt, customerId, accountId } = correction
  const plant = await readPlant(tx, code, requestedAt)
  const role = correctionApprover(correction, plant)
  const others = (await staffAt(tx, code, role)).filter((login) => login !== requestedBy)
  const decideBy = dateAt(addToInstant(requestedAt, plant.policy.tasks.escalateAfter, plant.zone), plant.zone)
  const params = {
    decision: CORRECTION_DECISION[kind],
    requestId: correctionId,
    plantCode: code,
    subjectId: customerId ?? accountId,
    decideBy,
  }
  const to = { plant: code, role: others.length > 0 ? role : levelUp(role) }
  await tellRole(tx, to, { kind: 'decision-needed', params, dedupeKey: `decision-needed:${correctionId}`, asOf: requestedAt })
}
