import type { PriceNotices } from '../../notices/prices.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'

const { money, date } = wordsIn('en')

const price = (fixedMinor: number, rateMinor: number, currency: string): string =>
  rateMinor > 0
    ? `${money(fixedMinor, currency)} a month and ${money(rateMinor, currency)} a unit`
    : `${money(fixedMinor, currency)} a month`

/** English texts of a new price. */
export const prices: TextsOf<PriceNotices> = {
  'price-announced': (p) => ({
    subject: 'A new price for your package',
    body: sentences(
      `From ${date(p.from)} package ${p.packageCode} of ${p.customerId} costs ${price(p.fixedMinor, p.unitMinor, p.currency)}; now it is ${price(p.fixedBeforeMinor, p.unitBeforeMinor, p.currency)}.`,
      'Load and hours stay as they are. Bills for earlier months do not change.',
    ),
  }),
}
