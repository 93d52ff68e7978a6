import type { PackageChangeNotices } from '../../notices/package-change.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date } = wordsIn('hi')

const keptAsCredit = (creditMinor: number, currency: string): string | false =>
  creditMinor > 0 && `आपके दिए ${money(creditMinor, currency)} आपके खाते में जमा रहेंगे।`

/** Hindi texts of a package change. */
export const packageChange: TextsOf<PackageChangeNotices> = {
  'package-change-requested': (p) => ({
    subject: 'पैकेज बदलने का अनुरोध मिला',
    body: `${p.customerId} का पैकेज ${p.fromPackageId} से ${p.toPackageId} करने का अनुरोध ${p.requestId} मिल गया है। फ़ैसला होते ही आपको बताया जाएगा।`,
  }),
  'package-change-approved': (p) => ({
    subject: 'पैकेज बदलना मंज़ूर',
    body: sentences(
      `${p.customerId} का अनुरोध ${p.requestId} मंज़ूर हो गया है: पैकेज ${p.toPackageId}।`,
      p.effectiveFrom === null
        ? 'भुगतान पूरा होने और मीटर सेट होते ही नया पैकेज लागू होगा।'
        : `नया पैकेज ${date(p.effectiveFrom)} से लागू होगा।`,
    ),
  }),
  'package-change-refused': (p) => ({
    subject: 'पैकेज बदलना मंज़ूर नहीं हुआ',
    body: sentences(
      `हमें खेद है, ${p.customerId} का पैकेज ${p.toPackageId} का अनुरोध ${p.requestId} अस्वीकार कर दिया गया है। कारण: ${labels.packageRefusal[p.reason]}।`,
      p.note !== undefined && `टिप्पणी: ${p.note}`,
    ),
  }),
  'package-change-withdrawn': (p) => ({
    subject: 'पैकेज बदलने का अनुरोध वापस',
    body: sentences(
      `${p.customerId} का अनुरोध ${p.requestId} वापस ले लिया गया है। आपका पैकेज वही रहेगा।`,
      keptAsCredit(p.creditMinor, p.currency),
    ),
  }),
  'package-difference-due': (p) => ({
    subject: 'पैकेज के अंतर की राशि',
    body: `पैकेज बदलने के अनुरोध ${p.requestId} के लिए कृपया ${date(p.payBy)} तक ${money(p.amountMinor, p.currency)} जमा करें। संदर्भ नंबर: ${p.customerId}।`,
  }),
  'package-change-applied': (p) => ({
    subject: 'नया पैकेज लागू',
    body: `${p.customerId} का पैकेज अब ${p.packageId} है: बिजली ${labels.timing[p.timing]}, अधिकतम लोड ${p.loadLimitW} वॉट। नई दर ${date(p.priceFrom)} से लगेगी। अनुरोध ${p.requestId} पूरा हुआ।`,
  }),
  'package-change-failed': (p) => ({
    subject: 'पैकेज नहीं बदला जा सका',
    body: sentences(
      `हमें खेद है, ${p.customerId} का अनुरोध ${p.requestId} पूरा नहीं हो सका। कारण: ${labels.packageFailure[p.reason]}।`,
      `पैकेज ${p.packageId} और उसकी दर पहले जैसी रहेगी।`,
      keptAsCredit(p.creditMinor, p.currency),
    ),
  }),
  'package-change-expired': (p) => ({
    subject: 'पैकेज बदलने का अनुरोध समाप्त',
    body: sentences(
      `समय पर भुगतान न होने से ${p.customerId} का अनुरोध ${p.requestId} समाप्त हो गया है। पैकेज ${p.packageId} ही रहेगा।`,
      keptAsCredit(p.creditMinor, p.currency),
    ),
  }),
}
