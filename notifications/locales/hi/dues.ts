import type { DuesNotices } from '../../notices/dues.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date, days, period } = wordsIn('hi')

const howToPay = (customerId: string): string => `भुगतान हमारे एजेंट को, दफ़्तर में या वॉलिट से करें; संदर्भ नंबर ${customerId}।`

/** Hindi texts of collection and of the supply itself. */
export const dues: TextsOf<DuesNotices> = {
  'due-soon-reminder': (p) => ({
    subject: 'भुगतान की तारीख पास है',
    body: `कृपया ${date(p.dueOn)} तक (${days(p.daysLeft)} में) ${p.customerId} के ${money(p.remainingMinor, p.currency)} जमा करें। अगर आप दे चुके हैं तो धन्यवाद।`,
  }),
  'due-today-reminder': (p) => ({
    subject: 'आज भुगतान की अंतिम तारीख है',
    body: `${p.customerId} के ${money(p.remainingMinor, p.currency)} जमा करने की आज, ${date(p.dueOn)}, अंतिम तारीख है। अगर आप दे चुके हैं तो धन्यवाद।`,
  }),
  'disconnection-notice': (p) => ({
    subject: 'बिजली काटने की लिखित सूचना',
    body: sentences(
      `सूचना ${p.noticeNumber}, ${p.customerId}: ${money(p.remainingMinor, p.currency)} का भुगतान ${date(p.dueOn)} तक होना था और अब भी बकाया है।`,
      `भुगतान न होने पर ${date(p.notBefore)} को या उसके बाद आपकी बिजली काटी जा सकती है।`,
      howToPay(p.customerId),
      'अगर आपको और समय चाहिए या बिल ग़लत लगता है तो कृपया उस दिन से पहले हमारे एजेंट को बताएँ।',
    ),
  }),
  'disconnection-warning': (p) => ({
    subject: 'बिजली काटने से पहले अंतिम चेतावनी',
    body: `${p.customerId} के ${money(p.remainingMinor, p.currency)} अब भी बकाया हैं। इससे पहले भुगतान न हुआ तो ${date(p.cutOn)} को बिजली काट दी जाएगी। ${howToPay(p.customerId)}`,
  }),
  'promise-noted': (p) => ({
    subject: 'आपका वादा दर्ज हुआ',
    body: `हमने दर्ज कर लिया है कि आप ${date(p.promisedFor)} तक ${p.customerId} के ${money(p.remainingMinor, p.currency)} जमा करेंगे। तब तक बिजली नहीं काटी जाएगी।`,
  }),
  'promise-broken': (p) => ({
    subject: 'वादे के अनुसार भुगतान नहीं हुआ',
    body: `आपने ${date(p.promisedFor)} तक भुगतान का वादा किया था, पर ${p.customerId} के ${money(p.remainingMinor, p.currency)} अब भी बकाया हैं। कृपया अभी भुगतान करें, नहीं तो बिजली काटी जा सकती है।`,
  }),
  'plan-agreed': (p) => ({
    subject: 'किश्तों में भुगतान तय हुआ',
    body: sentences(
      `${p.customerId} के बकाया ${money(p.remainingMinor, p.currency)} को ${p.parts.length} किश्तों में जमा करना तय हुआ है: ${p.parts
        .map(({ dueOn, amountMinor }) => `${date(dueOn)} तक ${money(amountMinor, p.currency)}`)
        .join('; ')}।`,
      'जब तक हर किश्त समय पर आती रहेगी, इस बकाया के लिए बिजली नहीं काटी जाएगी।',
    ),
  }),
  'plan-refused': (p) => ({
    subject: 'किश्तें तय नहीं हुईं',
    body: `${p.customerId} के ${money(p.remainingMinor, p.currency)} के लिए बताई गई किश्तें मंज़ूर नहीं हुईं। कृपया हमारे एजेंट से बात करें। ${howToPay(p.customerId)}`,
  }),
  'plan-part-due': (p) => ({
    subject: 'किश्त की तारीख पास है',
    body: `${p.customerId} की ${p.parts} में से किश्त ${p.part}, ${money(p.remainingMinor, p.currency)}, ${date(p.dueOn)} तक जमा करनी है। अगर आप दे चुके हैं तो धन्यवाद।`,
  }),
  'plan-broken': (p) => ({
    subject: 'किश्त समय पर नहीं मिली',
    body: `${date(p.dueOn)} की किश्त जमा नहीं हुई, इसलिए किश्तों की बात अब ख़त्म हुई। ${p.customerId} के ${money(p.remainingMinor, p.currency)} अब बकाया हैं। कृपया अभी भुगतान करें, नहीं तो बिजली काटी जा सकती है।`,
  }),
  'supply-cut': (p) => ({
    subject: 'बिजली बंद की गई',
    body: sentences(
      `${p.customerId} की बिजली बंद कर दी गई है। कारण: ${labels.cut[p.reason]}।`,
      p.remainingMinor > 0 &&
        `बिजली फिर चालू कराने के लिए कृपया ${money(p.remainingMinor, p.currency)} जमा करें। ${howToPay(p.customerId)}`,
      p.reconnectionFeeMinor > 0 && `दोबारा जोड़ने का शुल्क ${money(p.reconnectionFeeMinor, p.currency)} अगले बिल में आएगा।`,
      'तारों को न छुएँ, उनमें करंट हो सकता है।',
    ),
  }),
  'supply-restored': (p) => ({
    subject: 'बिजली फिर चालू',
    body: `${p.customerId} की बिजली ${date(p.restoredOn)} से फिर चालू है। तारों में करंट है।`,
  }),
  'reconnection-fee-charged': (p) => ({
    subject: 'दोबारा जोड़ने का शुल्क',
    body: `${p.customerId} का दोबारा जोड़ने का शुल्क ${money(p.feeMinor, p.currency)} आपके ${period(p.period)} के बिल में आएगा।`,
  }),
  'prepaid-lapsed': (p) => ({
    subject: 'बिजली बंद: अग्रिम राशि जमा नहीं हुई',
    body: `${p.customerId} की ${period(p.period)} की अग्रिम राशि जमा नहीं हुई, इसलिए बिजली बंद हो गई है। ${money(p.remainingMinor, p.currency)} जमा करते ही बिजली चालू हो जाएगी; बिना बिजली के दिनों के पैसे नहीं लगेंगे। तारों को न छुएँ, उनमें करंट हो सकता है।`,
  }),
  'deposit-draw-announced': (p) => ({
    subject: 'डिपॉज़िट से बकाया काटा जाएगा',
    body: `${p.customerId} के ${money(p.remainingMinor, p.currency)} बकाया हैं। भुगतान न होने पर यह राशि ${date(p.drawOn)} को आपके ${money(p.depositMinor, p.currency)} के सिक्युरिटी डिपॉज़िट से ले ली जाएगी।`,
  }),
  'deposit-drawn': (p) => ({
    subject: 'डिपॉज़िट से बकाया काटा गया',
    body: sentences(
      `${p.customerId} के सिक्युरिटी डिपॉज़िट से बकाया के ${money(p.drawnMinor, p.currency)} ले लिए गए हैं।`,
      `डिपॉज़िट में बचे: ${money(p.depositLeftMinor, p.currency)}।`,
      p.remainingMinor > 0 ? `अब भी बकाया: ${money(p.remainingMinor, p.currency)}।` : 'अब कुछ बकाया नहीं है।',
    ),
  }),
}
