import type { PriceNotices } from './notices/prices.ts'

const told = { customerId: 'BHKATS01112', from: '2026-09-01', currency: 'INR' }

/** Worked examples of what a customer is told of a new price. */
export const PRICE_NOTICE_EXAMPLES: {
  readonly [K in keyof PriceNotices]: readonly [PriceNotices[K], ...PriceNotices[K][]]
} = {
  'price-announced': [
    {
      ...told,
      packageCode: 'B1.1',
      fixedBeforeMinor: 5_000,
      unitBeforeMinor: 1_800,
      fixedMinor: 6_000,
      unitMinor: 1_950,
    },
    {
      ...told,
      packageCode: 'A1.1',
      fixedBeforeMinor: 16_000,
      unitBeforeMinor: 0,
      fixedMinor: 17_500,
      unitMinor: 0,
    },
  ],
}
