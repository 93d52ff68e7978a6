import type { CashNotices } from '../../notices/cash.ts'
import type { TextsOf } from '../../template.ts'
import { wordsIn } from '../../words.ts'

const { date, money } = wordsIn('hi')

/** Hindi texts to staff about cash. */
export const cash: TextsOf<CashNotices> = {
  'cash-over-ceiling': (p) => ({
    subject: `नकद सीमा से ज़्यादा: ${p.holderCode}`,
    body: `${p.holderCode} (${p.plantCode}) के पास ${money(p.amountMinor, p.currency)} नकद है, जो सीमा ${money(p.ceilingMinor, p.currency)} से ज़्यादा है। वसूली जारी रहेगी; कृपया इसे जल्दी बैंक में जमा कराएँ।`,
  }),
  'cash-to-bank': (p) => ({
    subject: `नकद बैंक में जमा करें: ${p.holderCode}`,
    body: `${p.holderCode} (${p.plantCode}) के पास ${money(p.amountMinor, p.currency)} नकद है, जिसमें कुछ ${date(p.sinceOn)} से है। इसे ${date(p.bankBy)} तक बैंक में जमा होना था। कृपया आज ही जमा कराएँ।`,
  }),
  'cash-shortage': (p) => ({
    subject: `नकद कम: ${p.holderCode}`,
    body: `${date(p.countedOn)} की गिनती में ${p.holderCode} (${p.plantCode}) के पास ${money(p.amountMinor, p.currency)} कम मिले। यह राशि उसी के नाम बकाया लिखी गई है। ग्राहकों की रसीदें मान्य रहेंगी।`,
  }),
  'cash-overage': (p) => ({
    subject: `नकद ज़्यादा: ${p.holderCode}`,
    body: `${date(p.countedOn)} की गिनती में ${p.holderCode} (${p.plantCode}) के पास ${money(p.amountMinor, p.currency)} ज़्यादा मिले। यह राशि अलग रखी गई है। कृपया देखें कि यह किसकी है।`,
  }),
  'cash-shortage-repaid': (p) => ({
    subject: `कमी की राशि चुकाई गई: ${p.holderCode}`,
    body: `${p.holderCode} (${p.plantCode}) के पास जो कम मिला था, उसमें से ${money(p.amountMinor, p.currency)} चुका दिए गए हैं। रसीद ${p.receiptNumber}। अब बकाया: ${money(p.restMinor, p.currency)}।`,
  }),
  'cash-float-given': (p) => ({
    subject: `बैंक से नकद: ${p.holderCode}`,
    body: `मुख्य कार्यालय ${p.holderCode} (${p.plantCode}) को बैंक से ${money(p.amountMinor, p.currency)} नकद दे रहा है, ${p.bankReference}। कृपया गिनकर स्वीकार या अस्वीकार करें।`,
  }),
  'cash-float-accepted': (p) => ({
    subject: `बैंक का नकद ले लिया गया: ${p.holderCode}`,
    body: `${p.holderCode} (${p.plantCode}) ने बैंक से ${money(p.amountMinor, p.currency)} नकद ले लिया है, ${p.bankReference}।`,
  }),
  'cash-float-not-taken': (p) => ({
    subject: `बैंक का नकद नहीं लिया गया: ${p.holderCode}`,
    body: `${p.holderCode} (${p.plantCode}) के लिए बैंक के ${money(p.amountMinor, p.currency)}, ${p.bankReference}, अस्वीकार किए गए या वापस ले लिए गए। हिसाब में कुछ नहीं लिखा गया।`,
  }),
  'cash-handover-offered': (p) => ({
    subject: `नकद लेना है: ${p.fromCode}`,
    body: `${p.fromCode} ${p.toCode} (${p.plantCode}) को ${money(p.amountMinor, p.currency)} नकद सौंप रहे हैं। कृपया गिनकर स्वीकार या अस्वीकार करें।`,
  }),
  'cash-handover-accepted': (p) => ({
    subject: `नकद ले लिया गया: ${p.toCode}`,
    body: `${p.toCode} ने ${p.fromCode} (${p.plantCode}) से ${money(p.amountMinor, p.currency)} नकद ले लिया है।`,
  }),
  'cash-handover-refused': (p) => ({
    subject: `नकद नहीं लिया गया: ${p.toCode}`,
    body: `${p.toCode} ने ${p.fromCode} (${p.plantCode}) से ${money(p.amountMinor, p.currency)} नकद नहीं लिया। नकद ${p.fromCode} के पास ही है।`,
  }),
  'cash-handover-withdrawn': (p) => ({
    subject: `नकद सौंपना वापस लिया: ${p.fromCode}`,
    body: `${p.fromCode} ने ${p.toCode} (${p.plantCode}) को ${money(p.amountMinor, p.currency)} नकद सौंपने की बात वापस ले ली है। अब कुछ नहीं करना है।`,
  }),
  'cash-deposit-unverified': (p) => ({
    subject: `बैंक जमा की जाँच: ${p.depositId}`,
    body: `${p.holderCode} (${p.plantCode}) की जमा ${p.depositId}, पर्ची ${p.slipReference}, ${date(p.depositedOn)}: इसमें ${money(p.amountMinor, p.currency)} बैंक के विवरण में अभी नहीं मिले हैं। कृपया देखें।`,
  }),
  'cash-deposit-verified': (p) => ({
    subject: `बैंक जमा सही: ${p.depositId}`,
    body: `${p.holderCode} (${p.plantCode}) की जमा ${p.depositId}, पर्ची ${p.slipReference}, में से ${money(p.amountMinor, p.currency)} बैंक में आ गए हैं।`,
  }),
  'cash-deposit-returned': (p) => ({
    subject: `बैंक जमा स्वीकार नहीं: ${p.depositId}`,
    body: `जमा ${p.depositId}, पर्ची ${p.slipReference}, के ${money(p.amountMinor, p.currency)} बैंक तक नहीं पहुँचे। यह राशि फिर से ${p.holderCode} (${p.plantCode}) के पास नकद मानी जाएगी।`,
  }),
  'cash-deposit-short': (p) => ({
    subject: `बैंक जमा में कमी: ${p.depositId}`,
    body: `जमा ${p.depositId}, पर्ची ${p.slipReference}, के ${money(p.amountMinor, p.currency)} बैंक तक नहीं पहुँचे। यह राशि ${p.holderCode} (${p.plantCode}) के नाम बकाया लिखी गई है।`,
  }),
}
