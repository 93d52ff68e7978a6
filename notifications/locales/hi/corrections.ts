import type { CorrectionNotices } from '../../notices/corrections.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date, reading } = wordsIn('hi')

/** Hindi texts of corrections and disputes. */
export const corrections: TextsOf<CorrectionNotices> = {
  'bill-corrected': (p) => ({
    subject: 'बिल में सुधार',
    body: sentences(
      `${p.reference} के ${p.billNumber === null ? 'बकाये' : `बिल ${p.billNumber}`} में ${money(p.amountMinor, p.currency)} ${p.direction === 'credit' ? 'घटाए' : 'जोड़े'} गए हैं (नोट ${p.noteNumber})। कारण: ${labels.noteReason[p.reason]}।`,
      p.disputeId !== null && `यह आपकी आपत्ति ${p.disputeId} का जवाब है।`,
      p.dueOn !== null && `कृपया यह राशि ${date(p.dueOn)} तक जमा करें।`,
      `अब कुल देय राशि: ${money(p.payableMinor, p.currency)}।`,
      p.creditMinor > 0 && `आगे के लिए जमा ${money(p.creditMinor, p.currency)}।`,
    ),
  }),
  'reading-corrected': (p) => ({
    subject: `रीडिंग में सुधार: ${p.customerId}`,
    body: sentences(
      `${p.customerId} के मीटर ${p.meterSerial} की ${date(p.readOn)} की रीडिंग ${reading(p.readRegisterWh)} की जगह ${reading(p.correctedRegisterWh)} की गई है।`,
      p.amountMinor === 0
        ? 'इससे आपकी देय राशि नहीं बदलती।'
        : `इसके लिए आपके अगले बिल में ${money(p.amountMinor, p.currency)} ${p.direction === 'credit' ? 'घटाए' : 'जोड़े'} जाएँगे।`,
    ),
  }),
  'dispute-received': (p) => ({
    subject: `आपत्ति ${p.disputeId}`,
    body: sentences(
      `${p.customerId} के बिल ${p.billNumber} पर आपकी आपत्ति ${p.disputeId} मिली है। हम ${date(p.answerBy)} तक जाँच कर जवाब देंगे। तब तक ${money(p.disputedMinor, p.currency)} जमा करना ज़रूरी नहीं है।`,
      p.undisputedMinor > 0 && `बाकी ${money(p.undisputedMinor, p.currency)} कृपया समय पर जमा करें।`,
    ),
  }),
  'bill-confirmed': (p) => ({
    subject: `आपत्ति ${p.disputeId} का जवाब`,
    body: sentences(
      `हमने आपकी आपत्ति ${p.disputeId} की जाँच की: ${p.customerId} का बिल ${p.billNumber} सही है। कारण: ${labels.confirmation[p.reason]}।`,
      p.payableMinor > 0
        ? `अब कुल देय राशि: ${money(p.payableMinor, p.currency)}। जो बकाया है, उसकी वसूली आज से फिर चलेगी।`
        : 'आपको कुछ नहीं देना है।',
    ),
  }),
}
