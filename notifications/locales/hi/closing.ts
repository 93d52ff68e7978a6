import type { ClosingNotices } from '../../notices/closing.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date } = wordsIn('hi')

/** Hindi texts of leaving. */
export const closing: TextsOf<ClosingNotices> = {
  'closing-started': (p) => ({
    subject: 'खाता बंद किया जा रहा है',
    body: `${labels.closing[p.reason]} खाता ${p.customerId} बंद किया जा रहा है (${p.closureId})। बिजली ${date(p.supplyEndsOn)} तक रहेगी। अंतिम रीडिंग के बाद आपको अंतिम बिल और सिक्युरिटी डिपॉज़िट की बची राशि मिलेगी।`,
  }),
  'closing-withdrawn': (p) => ({
    subject: 'खाता बंद करने का अनुरोध वापस',
    body: `खाता ${p.customerId} बंद करने की कार्रवाई (${p.closureId}) वापस ले ली गई है। आपका खाता चालू रहेगा।`,
  }),
  'final-bill-issued': (p) => ({
    subject: 'अंतिम बिल',
    body: sentences(
      `${p.customerId} का अंतिम बिल ${p.billNumber} (${p.closureId}): ${money(p.totalMinor, p.currency)}।`,
      p.outstandingMinor > 0 && `पिछला बकाया ${money(p.outstandingMinor, p.currency)}।`,
      p.depositUsedMinor > 0 && `सिक्युरिटी डिपॉज़िट से लिए गए ${money(p.depositUsedMinor, p.currency)}।`,
      p.payableMinor > 0 && `कृपया ${date(p.dueOn)} तक ${money(p.payableMinor, p.currency)} जमा करें।`,
      p.refundMinor > 0 && `आपको ${money(p.refundMinor, p.currency)} वापस मिलेंगे।`,
      p.payableMinor === 0 && p.refundMinor === 0 && 'आपको कुछ नहीं देना है।',
    ),
  }),
  'deposit-refunded': (p) => ({
    subject: 'सिक्युरिटी डिपॉज़िट लौटाया गया',
    body: `${date(p.refundedOn)} को ${p.customerId} के सिक्युरिटी डिपॉज़िट के ${money(p.refundMinor, p.currency)} ${labels.refundMethod[p.method]} लौटा दिए गए (${p.closureId})।`,
  }),
  'deposit-refund-waiting': (p) => ({
    subject: 'आपका डिपॉज़िट लेना बाकी है',
    body: `${p.customerId} के सिक्युरिटी डिपॉज़िट के ${money(p.refundMinor, p.currency)} (${p.closureId}) आपके लिए रखे हैं। कृपया ${date(p.fetchBy)} तक ले लें। उसके बाद भी यह राशि आपकी ही रहेगी।`,
  }),
  'account-closed': (p) => ({
    subject: 'खाता बंद हुआ',
    body: `${date(p.closedOn)} को खाता ${p.customerId} बंद हो गया है। हमारे साथ रहने के लिए धन्यवाद।`,
  }),
}
