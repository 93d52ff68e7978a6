import type { CashNotices } from '../../notices/cash.ts'
import type { TextsOf } from '../../template.ts'
import { wordsIn } from '../../words.ts'

const { date, money } = wordsIn('en')

/** English texts to staff about cash. */
export const cash: TextsOf<CashNotices> = {
  'cash-over-ceiling': (p) => ({
    subject: `Cash over the limit: ${p.holderCode}`,
    body: `${p.holderCode} (${p.plantCode}) has ${money(p.amountMinor, p.currency)} in cash, more than ${money(p.ceilingMinor, p.currency)}. Collecting goes on; please have it banked soon.`,
  }),
  'cash-to-bank': (p) => ({
    subject: `Cash to bank: ${p.holderCode}`,
    body: `${p.holderCode} (${p.plantCode}) has ${money(p.amountMinor, p.currency)} in cash, some of it since ${date(p.sinceOn)}. It was to be in the bank by ${date(p.bankBy)}. Please have it banked today.`,
  }),
  'cash-shortage': (p) => ({
    subject: `Cash short: ${p.holderCode}`,
    body: `The count of ${date(p.countedOn)} found ${money(p.amountMinor, p.currency)} too little with ${p.holderCode} (${p.plantCode}). It is booked as owed by the holder. Receipts to customers stand.`,
  }),
  'cash-overage': (p) => ({
    subject: `Cash over: ${p.holderCode}`,
    body: `The count of ${date(p.countedOn)} found ${money(p.amountMinor, p.currency)} too much with ${p.holderCode} (${p.plantCode}). It is kept apart. Please see whose it is.`,
  }),
  'cash-shortage-repaid': (p) => ({
    subject: `Shortage paid back: ${p.holderCode}`,
    body: `${money(p.amountMinor, p.currency)} that was short with ${p.holderCode} (${p.plantCode}) is paid back. Receipt ${p.receiptNumber}. Still owed: ${money(p.restMinor, p.currency)}.`,
  }),
  'cash-float-given': (p) => ({
    subject: `Cash from the bank: ${p.holderCode}`,
    body: `Head office gives ${money(p.amountMinor, p.currency)} from the bank, ${p.bankReference}, to ${p.holderCode} (${p.plantCode}). Please count it, then accept or refuse.`,
  }),
  'cash-float-accepted': (p) => ({
    subject: `Cash from the bank taken: ${p.holderCode}`,
    body: `${p.holderCode} (${p.plantCode}) has taken ${money(p.amountMinor, p.currency)} from the bank, ${p.bankReference}.`,
  }),
  'cash-float-not-taken': (p) => ({
    subject: `Cash from the bank not taken: ${p.holderCode}`,
    body: `${money(p.amountMinor, p.currency)} from the bank, ${p.bankReference}, for ${p.holderCode} (${p.plantCode}) was refused or withdrawn. Nothing is booked.`,
  }),
  'cash-handover-offered': (p) => ({
    subject: `Cash to take over: ${p.fromCode}`,
    body: `${p.fromCode} hands ${money(p.amountMinor, p.currency)} to ${p.toCode} (${p.plantCode}). Please count it, then accept or refuse.`,
  }),
  'cash-handover-accepted': (p) => ({
    subject: `Cash taken over: ${p.toCode}`,
    body: `${p.toCode} has taken ${money(p.amountMinor, p.currency)} from ${p.fromCode} (${p.plantCode}).`,
  }),
  'cash-handover-refused': (p) => ({
    subject: `Cash not taken over: ${p.toCode}`,
    body: `${p.toCode} did not take ${money(p.amountMinor, p.currency)} from ${p.fromCode} (${p.plantCode}). The cash stays with ${p.fromCode}.`,
  }),
  'cash-handover-withdrawn': (p) => ({
    subject: `Offer of cash withdrawn: ${p.fromCode}`,
    body: `${p.fromCode} has withdrawn the offer of ${money(p.amountMinor, p.currency)} to ${p.toCode} (${p.plantCode}). There is nothing to do.`,
  }),
  'cash-deposit-unverified': (p) => ({
    subject: `Bank deposit to verify: ${p.depositId}`,
    body: `${money(p.amountMinor, p.currency)} of deposit ${p.depositId}, slip ${p.slipReference} of ${date(p.depositedOn)}, by ${p.holderCode} (${p.plantCode}), is not found in the bank's statement yet. Please see to it.`,
  }),
  'cash-deposit-verified': (p) => ({
    subject: `Bank deposit verified: ${p.depositId}`,
    body: `The bank has credited ${money(p.amountMinor, p.currency)} of deposit ${p.depositId}, slip ${p.slipReference}, by ${p.holderCode} (${p.plantCode}).`,
  }),
  'cash-deposit-returned': (p) => ({
    subject: `Bank deposit not accepted: ${p.depositId}`,
    body: `${money(p.amountMinor, p.currency)} of deposit ${p.depositId}, slip ${p.slipReference}, did not reach the bank. It counts as cash with ${p.holderCode} (${p.plantCode}) again.`,
  }),
  'cash-deposit-short': (p) => ({
    subject: `Bank deposit short: ${p.depositId}`,
    body: `${money(p.amountMinor, p.currency)} of deposit ${p.depositId}, slip ${p.slipReference}, did not reach the bank and is booked as owed by ${p.holderCode} (${p.plantCode}).`,
  }),
}
