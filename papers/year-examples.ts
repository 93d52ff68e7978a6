import { accountMovements, depositMovements, type LedgerEntry, type Movement } from '../domain/movements.ts'

/** What a posting of a sample says beyond its accounts. */
type Said = Partial<Omit<LedgerEntry, 'eventKey' | 'debit' | 'credit' | 'amountMinor' | 'businessAt'>>
type Posted = readonly [day: string, eventKey: string, debit: string, credit: string, amountMinor: number, said?: Said]

function entriesOf(posted: readonly Posted[]): LedgerEntry[] {
  return posted.map(([day, eventKey, debit, credit, amountMinor, said]) => ({
    ...{ eventKey, debit, credit, amountMinor, businessAt: `${day}T06:00:00.000Z` },
    ...{ chargeKind: null, periodFrom: null, channel: null, number: null, ...said },
  }))
}

const receipt = (n: number, channel: string | null = null): Said => ({
  number: `BHKATS-R/2026-27/${String(n).padStart(6, '0')}`,
  channel,
})

/** A made-up year in which everything happens that a statement has words for; what the lines are called is the ledger's business. */
export function movementsOfAYear(accountId: string): { account: Movement[]; deposit: Movement[] } {
  const [owed, credit, deposit] = ['receivable', 'credit', 'deposit'].map((prefix) => `${prefix}:${accountId}`) as [
    string,
    string,
    string,
  ]
  const [unearned, activation, apart, leaving] = ['unearned', 'activation-held', 'unclaimed', 'paying-out'].map(
    (prefix) => `${prefix}:${accountId}`,
  ) as [string, string, string, string]
  const revenue = 'revenue:BHKATS:CHG'
  const account: Posted[] = [
    ['2026-04-01', 'charge:1', owed, 'opening:BHKATS', 12_000],
    ['2026-04-02', 'payment:cash-asha:1', 'cash:asha', credit, 52_000, receipt(31, 'cash')],
    ['2026-04-02', 'allocation:2', credit, activation, 30_000, receipt(31)],
    ['2026-04-02', 'allocation:3', credit, deposit, 10_000, receipt(31)],
    ['2026-04-20', 'activation-back:1', activation, credit, 30_000],
    ['2026-05-01', 'charge:4', owed, revenue, 47_200, billed('2026-04-01', 'BHKATS-B-000088')],
    ['2026-05-06', 'payment:bank:c-1', 'bank:BHKATS', credit, 47_200, receipt(40, 'cheque')],
    ['2026-05-12', 'payment-bounced:bank:c-1', credit, 'bank:BHKATS', 47_200, receipt(40, 'cheque')],
    ['2026-06-12', 'deposit-set-off:5', deposit, owed, 30_000],
    ['2026-06-20', 'note:BHKATS-N-000005', owed, revenue, 1_500, { number: 'BHKATS-N-000005' }],
    ['2026-06-22', 'note:BHKATS-N-000006', revenue, owed, 9_000, { number: 'BHKATS-N-000006' }],
    ['2026-07-01', 'over-billed:6', revenue, credit, 31_000],
    ['2026-07-02', 'payment:paytm:w-2', 'wallet:paytm', credit, 16_000, receipt(52, 'wallet')],
    ['2026-07-02', 'allocation:7', credit, unearned, 16_000, { ...receipt(52), periodFrom: '2026-08-01' }],
    ['2026-08-16', 'advance-unused:8', unearned, credit, 8_300, { periodFrom: '2026-08-01' }],
    ['2026-09-01', 'charge:9', owed, 'revenue:BHKATS:FEE', 5_000, { chargeKind: 'fee', number: 'BHKATS-B-000123' }],
    ['2026-09-20', 'note:BHKATS-N-000007', 'written-off:BHKATS', owed, 5_000, { number: 'BHKATS-N-000007' }],
    ['2026-10-05', 'refund:10', credit, leaving, 30_000],
    ['2026-10-12', 'refund-failed:10', leaving, credit, 30_000],
    ['2027-01-15', 'unclaimed:11', credit, apart, 59_600],
  ]
  const held: Posted[] = [
    ['2026-04-01', 'opening-deposit:1', 'opening:BHKATS', deposit, 20_000],
    ['2026-04-02', 'allocation:3', credit, deposit, 30_000, receipt(31)],
    ['2026-06-12', 'deposit-set-off:5', deposit, owed, 30_000, { depositEvent: 'deposit-drawn' }],
    ['2026-07-05', 'allocation:12', credit, deposit, 10_000, { ...receipt(53), depositEvent: 'deposit-restored' }],
    ['2026-08-06', 'allocation:13', credit, deposit, 20_000, { ...receipt(61), depositEvent: 'deposit-topped-up' }],
    ['2026-09-01', 'deposit-excess:1', deposit, credit, 15_000],
    ['2026-09-12', 'deposit-back:1', deposit, credit, 5_000],
    ['2026-10-10', 'deposit-set-off:14', deposit, owed, 6_400],
    ['2026-10-12', 'refund:15', deposit, leaving, 23_600],
    ['2026-10-19', 'refund-failed:15', leaving, deposit, 23_600],
    ['2027-01-15', 'unclaimed:16', deposit, apart, 23_600],
  ]
  return {
    account: accountMovements(accountId, entriesOf(account)),
    deposit: depositMovements(accountId, entriesOf(held)),
  }
}

function billed(periodFrom: string, number: string): Said {
  return { chargeKind: 'electricity', periodFrom, number }
}
