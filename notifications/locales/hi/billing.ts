import type { BillingNotices } from '../../notices/billing.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date, period, energy, reading, list } = wordsIn('hi')

/** Hindi texts of billing and payments. */
export const billing: TextsOf<BillingNotices> = {
  'bill-issued': (p) => ({
    subject: `बिल: ${period(p.period)}`,
    body: sentences(
      `${p.customerId} का ${period(p.period)} का बिल ${p.billNumber}: ${money(p.totalMinor, p.currency)}।`,
      p.reading !== null &&
        `खपत ${energy(p.reading.consumptionWh)} (रीडिंग ${reading(p.reading.previousReadingWh)} से ${reading(p.reading.presentReadingWh)}${p.estimated ? ', अनुमानित' : ''})।`,
      p.depositToRestoreMinor !== undefined &&
        `इसमें ${money(p.depositToRestoreMinor, p.currency)} आपका सिक्युरिटी डिपॉज़िट फिर से पूरा करने के लिए हैं।`,
      p.depositTopUpMinor !== undefined && `इसमें ${money(p.depositTopUpMinor, p.currency)} आपका सिक्युरिटी डिपॉज़िट बढ़ाने के लिए हैं।`,
      p.outstandingMinor > 0 && `पिछला बकाया ${money(p.outstandingMinor, p.currency)}।`,
      p.creditUsedMinor > 0 && `जमा राशि से घटाए ${money(p.creditUsedMinor, p.currency)}।`,
      p.payableMinor > 0 ? `कृपया ${date(p.dueOn)} तक ${money(p.payableMinor, p.currency)} जमा करें।` : 'आपको कुछ नहीं देना है।',
    ),
  }),
  'prepaid-advance-demanded': (p) => ({
    subject: `अग्रिम राशि: ${period(p.period)}`,
    body: sentences(
      `${p.customerId} की ${period(p.period)} की अग्रिम राशि ${money(p.amountMinor, p.currency)} है।`,
      p.depositToRestoreMinor !== undefined &&
        `इसमें ${money(p.depositToRestoreMinor, p.currency)} आपका सिक्युरिटी डिपॉज़िट फिर से पूरा करने के लिए हैं।`,
      p.depositTopUpMinor !== undefined && `इसमें ${money(p.depositTopUpMinor, p.currency)} आपका सिक्युरिटी डिपॉज़िट बढ़ाने के लिए हैं।`,
      p.creditUsedMinor > 0 && `जमा राशि से घटाए ${money(p.creditUsedMinor, p.currency)}।`,
      p.payableMinor > 0
        ? `कृपया ${date(p.payBy)} तक ${money(p.payableMinor, p.currency)} जमा करें। भुगतान न होने पर ${date(p.graceUntil)} के बाद बिजली बंद हो जाएगी।`
        : 'आपको कुछ नहीं देना है।',
    ),
  }),
  'payment-received': (p) => ({
    subject: `रसीद ${p.receiptNumber}`,
    body: sentences(
      `${p.reference} के लिए ${date(p.receivedOn)} को ${money(p.amountMinor, p.currency)} मिले (${labels.channel[p.channel]})। रसीद ${p.receiptNumber}।`,
      p.paidFor.length > 0 &&
        `विवरण: ${list(p.paidFor.map(({ kind, amountMinor }) => `${labels.charge[kind]} ${money(amountMinor, p.currency)}`))}।`,
      p.remainingMinor > 0 ? `बकाया ${money(p.remainingMinor, p.currency)}।` : 'अब कुछ बकाया नहीं है।',
      p.creditMinor > 0 && `आगे के लिए जमा ${money(p.creditMinor, p.currency)}।`,
    ),
  }),
  'payment-not-confirmed': (p) => ({
    subject: 'भुगतान की पुष्टि नहीं हुई',
    body: `${p.reference} के लिए ${money(p.amountMinor, p.currency)} के भुगतान (${labels.channel[p.channel]}) की पुष्टि नहीं हुई, इसलिए वह जोड़ा नहीं गया। अगर आपके पैसे कट गए हैं तो कृपया हमें बताएँ।`,
  }),
  'payment-reversed': (p) => ({
    subject: 'भुगतान वापस हुआ',
    body: `${p.reference} का ${money(p.amountMinor, p.currency)} का भुगतान (रसीद ${p.receiptNumber}) वापस हो गया है। अब बकाया: ${money(p.remainingMinor, p.currency)}।`,
  }),
  'payment-refunded': (p) => ({
    subject: 'राशि लौटाई गई',
    body: `${date(p.refundedOn)} को ${p.reference} के ${money(p.amountMinor, p.currency)} ${labels.refundMethod[p.method]} लौटा दिए गए। कारण: ${labels.refund[p.reason]}।`,
  }),
}
