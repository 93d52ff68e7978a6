import { expect, test } from '@jest/globals'
import { accountMovements, depositMovements, type LedgerEntry } from './movements.ts'

const A = 'BHKATS-A0042'
const RECEIVABLE = `receivable:${A}`
const CREDIT = `credit:${A}`
const DEPOSIT = `deposit:${A}`

function entry(eventKey: string, debit: string, credit: string, amountMinor: number): LedgerEntry {
  const businessAt = '2026-08-01T03:30:00.000Z'
  return { eventKey, debit, credit, amountMinor, businessAt, chargeKind: null, periodFrom: null, channel: null, number: null }
}

const entries = [
  entry('charge:1', RECEIVABLE, 'revenue:BHKATS:CHG', 51_890),
  entry('charge:1', RECEIVABLE, 'rounding:BHKATS', 10),
  entry('payment:cash-asha:1', 'cash:asha', CREDIT, 100_000),
  entry('allocation:1', CREDIT, RECEIVABLE, 51_900),
  entry('allocation:2', CREDIT, DEPOSIT, 40_000),
  entry('note:N1', 'revenue:BHKATS:CHG', CREDIT, 9_000),
  entry('deposit-set-off:9', DEPOSIT, RECEIVABLE, 0 + 15_000),
  entry('refund:3', DEPOSIT, 'cash:asha', 25_000),
  entry('payment-bounced:card:2', CREDIT, 'wallet:card', 8_100),
]

test('a statement has one line for what moved the balance, and none for money that only changed its place', () => {
  // 519; 519 - 1,000 = -481; + 400 to the deposit = -81; - 90 credited = -171; - 150 from the deposit = -321; + 81 bounced = -240.
  expect(accountMovements(A, entries).map(({ kind, amountMinor, balanceMinor }) => [kind, amountMinor, balanceMinor])).toEqual([
    ['charge', 51_900, 51_900],
    ['payment', -100_000, -48_100],
    ['to-deposit', 40_000, -8_100],
    ['credit-note', -9_000, -17_100],
    ['from-deposit', -15_000, -32_100],
    ['bounced', 8_100, -24_000],
  ])
})

test('a deposit statement rises with what is paid in and falls with what is drawn or paid out, down to nothing', () => {
  // 400 in, 150 set against dues, 250 paid out.
  expect(depositMovements(A, entries).map(({ kind, amountMinor, balanceMinor }) => [kind, amountMinor, balanceMinor])).toEqual([
    ['to-deposit', 40_000, 40_000],
    ['set-off', -15_000, 25_000],
    ['refund', -25_000, 0],
  ])
})
