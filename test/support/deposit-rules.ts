import { startOfDay } from '../../domain/calendar.ts'
import { assessDeposit, topUpParts } from '../../domain/deposit-review.ts'
import { KATSA_POLICY_V1 as policy } from '../../domain/policy.ts'
import { checkPriceFrom, priceReaches, releasedFrom } from '../../domain/price-change.ts'
import { catalogue, ZONE } from './domain-builders.ts'

type Row = Readonly<Record<string, string>>

/** What the columns of the tables about reviews of deposits and new prices mean (docs/billing-rules.md). */
export const DEPOSIT_AND_PRICE_RUNNERS: Readonly<Record<string, (row: Row) => Record<string, string>>> = {
  'A new price': (row) => {
    const { 'wished from': wishedFrom = '', asked: today = '', released: releasedOn = '', arrived = '' } = row
    checkPriceFrom({ from: wishedFrom, today, newestFrom: '2026-07-01', policy })
    const effectiveFrom = releasedFrom({ wishedFrom, releasedOn, policy })
    const chargedUntil = row['charged until'] === '–' ? undefined : row['charged until']
    const deliveredAt = startOfDay(arrived, ZONE)
    const reached = priceReaches({ effectiveFrom, deliveredAt, chargedUntil, zone: ZONE, policy })
    return { 'counts from': effectiveFrom, 'for this customer': reached }
  },
  'Yearly review of a deposit': (row) => {
    const terms = catalogue(row.package ?? '')
    const found = assessDeposit({
      heldMinor: minor(row.held),
      asked: amounts(row.asked).map((openMinor, index) => ({ chargeId: index + 1, openMinor, isUntouched: true })),
      terms,
      months: amounts(row['own months']).map((totalMinor) => ({ totalMinor, packageCodes: [terms.code] })),
      category: row.category ?? '',
      waived: false,
      policy,
    })
    const parts = topUpParts({ topUpMinor: found.topUpMinor, today: '2026-08-20', currency: 'INR', policy })
    return {
      due: rupees(found.dueMinor),
      'top up': rupees(found.topUpMinor),
      'in parts': parts.map(({ amountMinor }) => rupees(amountMinor)).join(' '),
      credit: rupees(found.creditMinor),
      'given up': found.givenUp.join(' '),
    }
  },
}

function amounts(text = ''): number[] {
  return text === '–' ? [] : text.split(' ').map(minor)
}

/** Rupees as written, in paise. */
function minor(text = ''): number {
  const [whole = '0', paise = ''] = text.split('.')
  return Number(whole) * 100 + Number(paise.padEnd(2, '0'))
}

function rupees(amountMinor: number): string {
  return `${Math.floor(amountMinor / 100)}.${String(amountMinor % 100).padStart(2, '0')}`
}
