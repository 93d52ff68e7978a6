import type { MoneyOutNotices } from '../../notices/money-out.ts'
import type { TextsOf } from '../../template.ts'
import { wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date } = wordsIn('hi')

/** Hindi texts of money that goes back. */
export const moneyOut: TextsOf<MoneyOutNotices> = {
  'refund-requested': (p) => ({
    subject: 'राशि लौटाने का अनुरोध',
    body: `${p.reference} के ${money(p.amountMinor, p.currency)} लौटाने का अनुरोध दर्ज हो गया है। निर्णय होते ही हम आपको बताएँगे।`,
  }),
  'refund-approved': (p) => ({
    subject: 'राशि लौटाने की मंज़ूरी',
    body: `${p.reference} के ${money(p.amountMinor, p.currency)} ${labels.refundMethod[p.method]} लौटाए जाएँगे। नकद राशि ${date(p.fetchBy)} तक काउंटर से ले सकते हैं। उसके बाद भी यह राशि आपकी ही रहेगी।`,
  }),
  'refund-refused': (p) => ({
    subject: 'राशि लौटाने की मंज़ूरी नहीं मिली',
    body: `${p.reference} के ${money(p.amountMinor, p.currency)} लौटाने की मंज़ूरी नहीं मिली। राशि आपकी ही है और अगले बिल में काम आएगी। कारण हमसे पूछ सकते हैं।`,
  }),
  'refund-sent': (p) => ({
    subject: 'राशि भेजी गई',
    body: `हमने ${p.reference} के ${money(p.amountMinor, p.currency)} ${labels.refundMethod[p.method]} भेजे हैं, पर अभी पता नहीं कि पहुँचे या नहीं। मिल गए हों तो हमें बताएँ। राशि दो बार नहीं भेजी जाएगी।`,
  }),
  'refund-failed': (p) => ({
    subject: 'राशि नहीं पहुँची',
    body: `${p.reference} के ${money(p.amountMinor, p.currency)} आप तक नहीं पहुँचे। राशि हमारे पास सुरक्षित है और फिर से दी जाएगी। कैसे लेना चाहेंगे, कृपया बताएँ।`,
  }),
  'refund-returned': (p) => ({
    subject: 'भेजी गई राशि वापस आ गई',
    body: `${p.reference} के लिए भेजे गए ${money(p.amountMinor, p.currency)} हमारे पास वापस आ गए हैं। राशि सुरक्षित है। कृपया देने का कोई दूसरा तरीका बताएँ।`,
  }),
  'refund-unclaimed': (p) => ({
    subject: 'आपकी राशि सुरक्षित रखी है',
    body: `${p.reference} के ${money(p.amountMinor, p.currency)} आपने अभी तक नहीं लिए हैं। यह राशि आपके लिए रखी है। इसे कभी भी ले सकते हैं, कृपया हमारे पास आएँ।`,
  }),
  'refund-lapsed': (p) => ({
    subject: 'राशि लौटाना समाप्त',
    body: `${p.reference} के ${money(p.amountMinor, p.currency)} लौटाने का अनुरोध समाप्त हुआ: यह राशि अब जमा नहीं है, क्योंकि बिल में लग गई या भुगतान वापस हो गया।`,
  }),
}
