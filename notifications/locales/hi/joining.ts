import type { JoiningNotices } from '../../notices/joining.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date, days, list } = wordsIn('hi')

/** Hindi texts of onboarding. */
export const joining: TextsOf<JoiningNotices> = {
  'application-received': (p) => ({
    subject: 'आवेदन मिल गया',
    body: `कनेक्शन के लिए आपका आवेदन मिल गया है। आवेदन नंबर: ${p.applicationId}। भुगतान करते या कुछ पूछते समय कृपया यही नंबर बताएँ।`,
  }),
  'application-needs-kyc': (p) => ({
    subject: 'कुछ जानकारी चाहिए',
    body: sentences(
      p.missing.length > 0 &&
        `आवेदन ${p.applicationId} के लिए अभी ये चाहिए: ${list(p.missing.map((item) => labels.kycItem[item]))}।`,
      p.missing.length === 0 && `आवेदन ${p.applicationId} के लिए अभी आपका विवरण और पहचान का प्रमाण चाहिए।`,
      'हमारा एजेंट आपकी मदद करेगा।',
    ),
  }),
  'supplier-commitments': (p) => ({
    subject: 'आपसे हमारे वादे',
    body: sentences(
      `आपसे हमारे वादे (${p.reference}):`,
      '1. हर भुगतान की रसीद मिलेगी।',
      `2. बिजली न आने की सूचना मिलने पर ${days(p.noSupplyDays)} के भीतर काम किया जाएगा।`,
      `3. बकाया होने पर भी लिखित सूचना और उसके बाद भुगतान के लिए पूरे ${days(p.noticeClearDays)} दिए बिना बिजली नहीं काटी जाएगी।`,
      `4. कनेक्शन वापस करने पर सिक्युरिटी डिपॉज़िट, बकाया राशि काटकर, अंतिम बिल के ${days(p.depositRefundDays)} के भीतर लौटा दिया जाएगा।`,
      '5. आप अपने बिल और भुगतान कभी भी देख सकते हैं।',
    ),
  }),
  'deposit-and-activation-demanded': (p) => ({
    subject: 'सिक्युरिटी डिपॉज़िट और एक्टिवेशन शुल्क',
    body: sentences(
      `पैकेज ${p.packageId} के लिए कृपया ${date(p.payBy)} तक ${money(p.totalMinor, p.currency)} जमा करें:`,
      p.depositMinor > 0 && p.activationMinor > 0
        ? `सिक्युरिटी डिपॉज़िट ${money(p.depositMinor, p.currency)}, एक्टिवेशन शुल्क ${money(p.activationMinor, p.currency)}।`
        : p.depositMinor > 0
          ? `सिक्युरिटी डिपॉज़िट ${money(p.depositMinor, p.currency)}।`
          : `एक्टिवेशन शुल्क ${money(p.activationMinor, p.currency)}।`,
      `आप यह राशि हिस्सों में भी दे सकते हैं। भुगतान का संदर्भ नंबर: ${p.applicationId}।`,
    ),
  }),
  'demand-reminder': (p) => ({
    subject: 'भुगतान बाकी है',
    body: `${list(p.forWhat.map((kind) => labels.charge[kind]))} के ${money(p.remainingMinor, p.currency)} अभी बाकी हैं। कृपया ${date(p.payBy)} तक जमा करें। संदर्भ नंबर: ${p.reference}।`,
  }),
  'part-payment-received': (p) => ({
    subject: 'आंशिक भुगतान मिला',
    body: `${p.reference} के लिए ${money(p.amountMinor, p.currency)} मिले, रसीद ${p.receiptNumber}। बाकी ${money(p.remainingMinor, p.currency)} कृपया ${date(p.payBy)} तक जमा करें।`,
  }),
  'demand-settled': (p) => ({
    subject: 'पूरा भुगतान मिल गया',
    body: `धन्यवाद। ${p.reference} के लिए ${list(p.forWhat.map((kind) => labels.charge[kind]))} के पूरे ${money(p.amountMinor, p.currency)} जमा हो गए हैं।`,
  }),
  'demand-deadline-extended': (p) => ({
    subject: 'भुगतान की तारीख बढ़ी',
    body: `बाकी ${money(p.remainingMinor, p.currency)} अब आप ${date(p.payBy)} तक जमा कर सकते हैं। संदर्भ नंबर: ${p.reference}।`,
  }),
  'application-cancelled': (p) => ({
    subject: 'आवेदन रद्द हुआ',
    body: sentences(
      `आवेदन ${p.applicationId} ${labels.applicationEnd[p.reason]} रद्द कर दिया गया है।`,
      p.refundMinor > 0 && `आपके जमा किए ${money(p.refundMinor, p.currency)} आपको लौटा दिए जाएँगे।`,
      'आप फिर कभी भी आवेदन कर सकते हैं।',
    ),
  }),
  'application-refused': (p) => ({
    subject: 'आवेदन अस्वीकार हुआ',
    body: sentences(
      `हमें खेद है, आवेदन ${p.applicationId} अस्वीकार कर दिया गया है। कारण: ${labels.applicationRefusal[p.reason]}।`,
      p.note !== undefined && `टिप्पणी: ${p.note}`,
      p.refundMinor > 0 && `आपके जमा किए ${money(p.refundMinor, p.currency)} आपको लौटा दिए जाएँगे।`,
    ),
  }),
  'account-created': (p) => ({
    subject: 'आपकी कस्टमर आईडी',
    body: `आपका खाता तैयार है। आपकी कस्टमर आईडी ${p.customerId} है (आवेदन ${p.applicationId}), पैकेज ${p.packageId}। भुगतान करते समय कृपया यही आईडी बताएँ। अब आपके यहाँ मीटर लगाया जाएगा।`,
  }),
  'installation-scheduled': (p) => ({
    subject: 'मीटर लगाने की तारीख',
    body: `${p.customerId} का मीटर लगाने हमारे टेक्नीशियन ${date(p.visitOn)} को आएँगे। कृपया उस दिन घर पर कोई रहे।`,
  }),
  'installation-delayed': (p) => ({
    subject: 'मीटर लगाने में देरी',
    body: `हमें खेद है, ${p.customerId} का मीटर अभी नहीं लग सका। अब हमारे टेक्नीशियन ${date(p.visitOn)} को आएँगे।`,
  }),
  'installation-waits': (p) => ({
    subject: 'मीटर लगना रुका है',
    body: `आपका भुगतान वापस हो गया, इसलिए ${p.customerId} का मीटर अभी नहीं लगेगा। कृपया ${date(p.payBy)} तक ${money(p.remainingMinor, p.currency)} चुकाएँ; फिर हमारे टेक्नीशियन आएँगे।`,
  }),
  'connection-active': (p) => ({
    subject: 'आपका कनेक्शन चालू है',
    body: `${date(p.activeFrom)} से आपका कनेक्शन ${p.customerId} चालू है। पैकेज ${p.packageId}: बिजली ${labels.timing[p.timing]}, अधिकतम लोड ${p.loadLimitW} वॉट। तारों में अब करंट है।`,
  }),
}
