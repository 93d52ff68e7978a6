import type { Tx } from '../db/client.ts'
import type { Correction } from '../db/queries/corrections.ts'
import { queueNotice } from '../db/queries/notices.ts'
import {
  billedAround,
  hasNextBill,
  insertAdjustment,
  readReadingToCorrect,
  replaceReading,
} from '../db/queries/reading-corrections.ts'
import { Contradiction, DomainError } from '../domain/errors.ts'
import { adjustmentMinor, assertCorrectedRegister } from '../domain/reading-correction.ts'
import type { NoteContext } from './make-note.ts'

/**
 * Puts the right register in the place of one that was misread. Bills that are out stay as they are: what it changes of them is a line of
 * the next bill that cites both registers (billing.md rules 13, 27). Refused before anything is written when it fits no more.
 */
export async function correctReading(
  tx: Tx,
  { correction, account, asOf, approvedBy }: NoteContext & { correction: Correction; approvedBy: string },
): Promise<void> {
  const { correctionId, readingId, registerWh, photoRef, requestedBy } = correction
  if (readingId === null || registerWh === null) throw new Contradiction(`${correctionId} names no reading`)
  const reading = await readReadingToCorrect(tx, readingId)
  const registers = { readRegisterWh: reading.registerWh, correctedRegisterWh: registerWh }
  assertCorrectedRegister({ ...reading, ...registers })
  const around = await billedAround(tx, reading)
  const amountMinor = adjustmentMinor(registers, around)
  if (amountMinor !== 0 && !(await hasNextBill(tx, reading.customerId)))
    throw new DomainError('WRONG_STAGE', 'No bill is to come that could take it in')
  await replaceReading(tx, reading, { registerWh, photoRef, enteredBy: requestedBy, reviewedBy: approvedBy })
  const { serial, boundary, customerId } = reading
  const isBilled = around.rateBeforeMinorPerKwh !== null || around.rateAfterMinorPerKwh !== null
  if (!isBilled) return
  await insertAdjustment(tx, account.accountId, { correctionId, serial, boundary, ...registers, ...around, amountMinor })
  await queueNotice(tx, {
    accountId: account.accountId,
    kind: 'reading-corrected',
    params: {
      customerId,
      meterSerial: serial,
      readOn: boundary,
      readRegisterWh: reading.registerWh,
      correctedRegisterWh: registerWh,
      direction: amountMinor < 0 ? 'credit' : 'debit',
      amountMinor: Math.abs(amountMinor),
      currency: account.currency,
    },
    dedupeKey: `reading-corrected:${correctionId}`,
    asOf,
  })
}
