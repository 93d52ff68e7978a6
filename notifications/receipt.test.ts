import { describe, expect, test } from '@jest/globals'
import { LANGUAGES } from './language.ts'
import type { Receipt } from './receipt.ts'
import { keptAsCreditMinor, paidForByKind } from './receipt.ts'
import { PRINT_COLUMNS, printReceipt } from './receipts/print-text.ts'
import { smsReceipt } from './receipts/sms-text.ts'
import { columnsOf } from './text-columns.ts'

const receipt: Receipt = {
  number: 'BHKATS-R-000077',
  series: 'BHKATS-R',
  issuedAt: '2026-08-03T05:00:00.000Z',
  zone: 'Asia/Kolkata',
  plantCode: 'BHKATS',
  accountId: 'BHKATS-A0042',
  customerId: 'BHKATS01112',
  currency: 'INR',
  amountMinor: 70_000,
  channel: 'cash',
  paidFor: [
    { kind: 'electricity', amountMinor: 47_200 },
    { kind: 'package-difference', amountMinor: 20_000 },
  ],
  remainingMinor: 4_000,
  creditMinor: 2_800,
}

test('an English receipt stands in 32 columns of plain letters', () => {
  expect(printReceipt(receipt, { language: 'en', payerName: 'Mukesh Khatun' })).toBe(
    [
      '        PAYMENT RECEIPT',
      'Receipt          BHKATS-R-000077',
      'Date     3 August 2026, 10:30 am',
      'Customer ID          BHKATS01112',
      'Name               Mukesh Khatun',
      '--------------------------------',
      'Electricity               472.00',
      'Package difference        200.00',
      'Credit for later           28.00',
      '--------------------------------',
      'Received                  Rs 700',
      'Paid by                     Cash',
      'Balance due                40.00',
      'Credit                     28.00',
      '--------------------------------',
      'Thank you. Please keep this',
      'receipt.',
      '',
    ].join('\n'),
  )
})

test('a Hindi receipt names the same amounts in Hindi', () => {
  const text = printReceipt(receipt, { language: 'hi', payerName: 'मुकेश खातून' })
  for (const words of ['भुगतान की रसीद', 'कस्टमर आईडी', 'मुकेश खातून', 'बिजली', '472.00', '₹700', 'नकद', 'बकाया', '40.00'])
    expect(text).toContain(words)
  expect(text).not.toMatch(/[a-z]/)
})

describe('no line is wider than the paper', () => {
  const names = [undefined, 'अ'.repeat(90), 'श्रीमती सावित्री कुमारी राम प्रसाद सिंह', 'x'.repeat(200), 'two\nlines\tof name']
  const cases = LANGUAGES.flatMap((language) => names.map((payerName) => ({ language, payerName })))
  test.each(cases)('for %p', (context) => {
    const huge = { ...receipt, amountMinor: Number.MAX_SAFE_INTEGER, number: 'BHKATS-R-0000000000000000077' }
    for (const line of printReceipt(huge, context).split('\n')) expect(columnsOf(line)).toBeLessThanOrEqual(PRINT_COLUMNS)
  })
})

test('before there is a customer ID the receipt names the application', () => {
  const applicant = { ...receipt, customerId: null }
  expect(printReceipt(applicant, { language: 'en' })).toContain('Application         BHKATS-A0042')
  expect(smsReceipt(applicant, { language: 'hi' }).body).toContain('BHKATS-A0042')
})

test('an SMS receipt tells what it costs and never the name', () => {
  expect(smsReceipt(receipt, { language: 'en', payerName: 'Mukesh Khatun' })).toEqual({
    body: 'Received Rs 700 (cash) for BHKATS01112 on 3 August 2026. Receipt BHKATS-R-000077. For electricity Rs 472 and package difference Rs 200. Balance due Rs 40. Credit for later Rs 28.',
    encoding: 'gsm',
    segments: 2,
  })
  expect(smsReceipt(receipt, { language: 'hi' })).toMatchObject({ encoding: 'ucs2', segments: 3 })
})

test('allocations are added up by kind in the order of kinds, and the rest is credit', () => {
  const allocations = [
    { kind: 'deposit', amountMinor: 20_000 },
    { kind: 'electricity', amountMinor: 100 },
    { kind: 'electricity', amountMinor: 250 },
  ] as const
  const paidFor = paidForByKind(allocations)
  expect(paidFor).toEqual([
    { kind: 'electricity', amountMinor: 350 },
    { kind: 'deposit', amountMinor: 20_000 },
  ])
  expect(keptAsCreditMinor({ ...receipt, paidFor })).toBe(49_650)
})

test('a receipt that settles more than was paid is refused', () => {
  expect(() => printReceipt({ ...receipt, amountMinor: 67_199 }, { language: 'en' })).toThrow(/settles more/)
  expect(() => smsReceipt({ ...receipt, amountMinor: 0 }, { language: 'en' })).toThrow(/above zero/)
})
