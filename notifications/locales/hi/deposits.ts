import type { DepositNotices } from '../../notices/deposits.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'

const { money } = wordsIn('hi')

/** Hindi texts of the review of deposits. */
export const deposits: TextsOf<DepositNotices> = {
  'deposit-top-up-asked': (p) => ({
    subject: 'डिपॉज़िट बढ़ाना है',
    body: sentences(
      `${p.customerId} का सिक्युरिटी डिपॉज़िट देखा गया: हमारे पास ${money(p.heldMinor, p.currency)} जमा हैं, आपके मासिक बिल के हिसाब से ${money(p.dueMinor, p.currency)} होने चाहिए।`,
      p.parts > 1
        ? `बाकी ${money(p.topUpMinor, p.currency)} अगले बिलों के साथ ${p.parts} किश्तों में आएँगे।`
        : `बाकी ${money(p.topUpMinor, p.currency)} अगले बिल के साथ आएँगे।`,
      'इसके लिए बिजली नहीं काटी जाएगी। डिपॉज़िट आपका ही पैसा रहेगा।',
    ),
  }),
  'deposit-top-up-waived': (p) => ({
    subject: 'डिपॉज़िट बढ़ाना ज़रूरी नहीं',
    body: sentences(
      `${p.customerId} के सिक्युरिटी डिपॉज़िट के लिए जो ${money(p.waivedMinor, p.currency)} माँगे गए थे, वे अब नहीं देने हैं।`,
      `डिपॉज़िट में आपके ${money(p.heldMinor, p.currency)} जमा हैं।`,
    ),
  }),
  'deposit-excess-credited': (p) => ({
    subject: 'डिपॉज़िट का कुछ हिस्सा वापस',
    body: sentences(
      `${p.customerId} का सिक्युरिटी डिपॉज़िट ज़रूरत से ज़्यादा है: उसके ${money(p.creditedMinor, p.currency)} अब आपके बिलों के लिए जमा राशि हैं।`,
      `डिपॉज़िट में अब ${money(p.heldMinor, p.currency)} हैं।`,
    ),
  }),
}
