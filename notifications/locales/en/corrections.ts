import type { CorrectionNotices } from '../../notices/corrections.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date, reading } = wordsIn('en')

/** English texts of corrections and disputes. */
export const corrections: TextsOf<CorrectionNotices> = {
  'bill-corrected': (p) => ({
    subject: 'Bill corrected',
    body: sentences(
      `${p.billNumber === null ? 'What you owe' : `Bill ${p.billNumber}`} for ${p.reference} was ${p.direction === 'credit' ? 'lowered' : 'raised'} by ${money(p.amountMinor, p.currency)}: ${labels.noteReason[p.reason]} (note ${p.noteNumber}).`,
      p.disputeId !== null && `This answers your dispute ${p.disputeId}.`,
      p.dueOn !== null && `Please pay it by ${date(p.dueOn)}.`,
      `Now to be paid in all: ${money(p.payableMinor, p.currency)}.`,
      p.creditMinor > 0 && `Credit for later ${money(p.creditMinor, p.currency)}.`,
    ),
  }),
  'reading-corrected': (p) => ({
    subject: `Reading corrected: ${p.customerId}`,
    body: sentences(
      `The reading of ${p.customerId}, meter ${p.meterSerial}, for ${date(p.readOn)} was corrected from ${reading(p.readRegisterWh)} to ${reading(p.correctedRegisterWh)}.`,
      p.amountMinor === 0
        ? 'This changes nothing of what you owe.'
        : `Your next bill will be ${p.direction === 'credit' ? 'lower' : 'higher'} by ${money(p.amountMinor, p.currency)} for it.`,
    ),
  }),
  'dispute-received': (p) => ({
    subject: `Dispute ${p.disputeId}`,
    body: sentences(
      `We look into your dispute ${p.disputeId} of bill ${p.billNumber} for ${p.customerId} and answer by ${date(p.answerBy)}. Until then ${money(p.disputedMinor, p.currency)} of it need not be paid.`,
      p.undisputedMinor > 0 && `Please pay the other ${money(p.undisputedMinor, p.currency)} in time.`,
    ),
  }),
  'bill-confirmed': (p) => ({
    subject: `Answer to dispute ${p.disputeId}`,
    body: sentences(
      `We looked into dispute ${p.disputeId}: bill ${p.billNumber} for ${p.customerId} is right, because ${labels.confirmation[p.reason]}.`,
      p.payableMinor > 0
        ? `Now to be paid in all: ${money(p.payableMinor, p.currency)}. What is overdue is followed up again from today.`
        : 'Nothing is to be paid.',
    ),
  }),
}
