import { expect, test } from '@jest/globals'
import type { Receipt } from './receipt.ts'
import { keptAsCreditMinor, paidForByKind } from './receipt.ts'
import { smsReceipt } from './receipts/sms-text.ts'

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

test('before there is a customer ID the receipt names the application', () => {
  expect(smsReceipt({ ...receipt, customerId: null }, { language: 'hi' }).body).toContain('BHKATS-A0042')
})

test('an SMS receipt tells what it costs and never the name', () => {
  expect(smsReceipt(receipt, { language: 'en' })).toEqual({
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
  expect(() => smsReceipt({ ...receipt, amountMinor: 67_199 }, { language: 'en' })).toThrow(/settles more/)
  expect(() => smsReceipt({ ...receipt, amountMinor: 0 }, { language: 'en' })).toThrow(/above zero/)
})
