import type { DepositNotices } from './notices/deposits.ts'

const currency = 'INR'
const customerId = 'BHKATS01112'

/** Worked examples of what a customer is told of the deposit. */
export const DEPOSIT_NOTICE_EXAMPLES: {
  readonly [K in keyof DepositNotices]: readonly [DepositNotices[K], ...DepositNotices[K][]]
} = {
  'deposit-top-up-asked': [
    { customerId, heldMinor: 50_000, dueMinor: 80_000, topUpMinor: 30_000, parts: 3, currency },
    { customerId, heldMinor: 0, dueMinor: 20_000, topUpMinor: 20_000, parts: 1, currency },
  ],
  'deposit-top-up-waived': [{ customerId, waivedMinor: 20_000, heldMinor: 60_000, currency }],
  'deposit-excess-credited': [{ customerId, creditedMinor: 15_000, heldMinor: 45_000, currency }],
}
