import type { PriceNotices } from '../../notices/prices.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'

const { money, date } = wordsIn('hi')

const price = (fixedMinor: number, rateMinor: number, currency: string): string =>
  rateMinor > 0
    ? `${money(fixedMinor, currency)} प्रति माह और ${money(rateMinor, currency)} प्रति यूनिट`
    : `${money(fixedMinor, currency)} प्रति माह`

/** Hindi texts of a new price. */
export const prices: TextsOf<PriceNotices> = {
  'price-announced': (p) => ({
    subject: 'आपके पैकेज की नई दर',
    body: sentences(
      `${date(p.from)} से ${p.customerId} के पैकेज ${p.packageCode} की दर ${price(p.fixedMinor, p.unitMinor, p.currency)} होगी; अभी ${price(p.fixedBeforeMinor, p.unitBeforeMinor, p.currency)} है।`,
      'लोड और समय पहले जैसे रहेंगे। पिछले महीनों के बिल नहीं बदलेंगे।',
    ),
  }),
}
