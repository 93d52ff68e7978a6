import { describe, expect, test } from '@jest/globals'
import {
  judgeNotice,
  nextAskAt,
  paidInto,
  payerKey,
  type PaymentState,
  type ProviderStatus,
  receiptNumber,
  receiptSeries,
  seriesOf,
  valueDateOf,
} from './payment.ts'

const said = (status: ProviderStatus, more: object = {}) => ({
  status,
  amountMinor: 46_400,
  currency: 'INR',
  currencyHere: 'INR',
  isPayerKnown: true,
  ...more,
})
const standing = (state: PaymentState, more: object = {}) => ({
  state,
  amountMinor: 46_400,
  currency: 'INR',
  isSamePayer: true,
  ...more,
})

describe('what a provider says against what stands', () => {
  test.each([
    ['confirmed', undefined, { does: 'post' }],
    ['pending', undefined, { does: 'hold', state: 'pending' }],
    ['unknown', undefined, { does: 'hold', state: 'unknown' }],
    ['failed', undefined, { does: 'fail' }],
    ['confirmed', 'pending', { does: 'post' }],
    ['confirmed', 'unknown', { does: 'post' }],
    ['failed', 'pending', { does: 'fail' }],
    ['unknown', 'pending', { does: 'hold', state: 'unknown' }],
    ['pending', 'pending', { does: 'nothing' }],
    ['confirmed', 'posted', { does: 'nothing' }],
    ['pending', 'posted', { does: 'nothing' }],
    ['failed', 'posted', { does: 'quarantine', reason: 'failed-after-posting' }],
    ['failed', 'suspense', { does: 'quarantine', reason: 'failed-after-posting' }],
    ['failed', 'returned', { does: 'quarantine', reason: 'failed-after-posting' }],
    ['confirmed', 'failed', { does: 'post' }],
    ['pending', 'failed', { does: 'nothing' }],
    ['failed', 'failed', { does: 'nothing' }],
    ['bounced', 'posted', { does: 'bounce', reason: 'bounced' }],
    ['charged-back', 'posted', { does: 'bounce', reason: 'charged-back' }],
    ['bounced', 'suspense', { does: 'bounce', reason: 'bounced' }],
    ['bounced', 'returned', { does: 'quarantine', reason: 'bounced-after-return' }],
    ['confirmed', 'returned', { does: 'nothing' }],
    ['bounced', 'pending', { does: 'bounce', reason: 'bounced' }],
    ['bounced', undefined, { does: 'bounce', reason: 'bounced' }],
    ['bounced', 'bounced', { does: 'nothing' }],
    ['confirmed', 'bounced', { does: 'nothing' }],
    ['failed', 'bounced', { does: 'nothing' }],
  ] as const)('%s, while it is %s', (status, state, verdict) => {
    expect(judgeNotice(said(status), state && standing(state))).toEqual(verdict)
  })

  test('money of nobody known waits in suspense', () => {
    expect(judgeNotice(said('confirmed', { isPayerKnown: false }))).toEqual({ does: 'suspend' })
  })

  test.each([
    [{ amountMinor: 46_500 }, {}, 'another-amount'],
    [{ currency: 'NPR' }, {}, 'another-currency'],
    [{}, { isSamePayer: false }, 'another-payer'],
  ])('a second notice that says otherwise is set aside: %p %p', (change, stands, reason) => {
    for (const state of ['posted', 'suspense'] as const) {
      expect(judgeNotice(said('confirmed', change), standing(state, stands))).toEqual({ does: 'quarantine', reason })
    }
    for (const state of ['pending', 'unknown', 'failed'] as const) {
      expect(judgeNotice(said('pending', change), standing(state, stands))).toEqual({ does: 'quarantine', reason })
    }
  })

  test.each(['pending', 'unknown', 'failed'] as const)(
    'the amount that is confirmed counts, while another was only %s',
    (state) => {
      expect(judgeNotice(said('confirmed', { amountMinor: 47_200 }), standing(state))).toEqual({ does: 'post' })
      const stranger = standing(state, { isSamePayer: false })
      expect(judgeNotice(said('confirmed', { amountMinor: 47_200 }), stranger)).toEqual({
        does: 'quarantine',
        reason: 'another-payer',
      })
      const dollars = said('confirmed', { amountMinor: 47_200, currency: 'USD' })
      expect(judgeNotice(dollars, standing(state))).toEqual({ does: 'quarantine', reason: 'another-currency' })
    },
  )

  test('money in a currency that the account does not hold is set aside', () => {
    expect(judgeNotice(said('confirmed', { currency: 'USD' }))).toEqual({ does: 'quarantine', reason: 'another-currency' })
  })
})

test.each([
  ['BHKATS01112', { customerId: 'BHKATS01112' }],
  [' bhkats 011 12 ', { customerId: 'BHKATS01112' }],
  ['BHKATS-A0042', { accountId: 'BHKATS-A0042' }],
  ['bhkatsa0042', { accountId: 'BHKATS-A0042' }],
  ['BHKATS-A12345', { accountId: 'BHKATS-A12345' }],
  ['BHKATS-T12', undefined],
  ['+919999912345', undefined],
  ['', undefined],
])('a payer who writes %p means %p', (text, key) => {
  expect(payerKey(text)).toEqual(key)
})

test('cash is in a hand, wallet and card at the provider, transfers and cheques in the bank', () => {
  const at = { provider: 'paytm', plant: 'BHKATS' }
  expect(paidInto({ ...at, channel: 'cash', holder: 'asha' })).toBe('cash:asha')
  expect(paidInto({ ...at, channel: 'cash' })).toBe('cash:counter-BHKATS')
  expect(paidInto({ ...at, channel: 'card' })).toBe('wallet:paytm')
  expect(paidInto({ ...at, channel: 'cheque' })).toBe('bank:BHKATS')
})

test('receipts are numbered by fiscal year, April to March', () => {
  expect(receiptSeries('BHKATS', '2026-03-31')).toBe('BHKATS-R/2025-26')
  expect(receiptSeries('BHKATS', '2026-04-01')).toBe('BHKATS-R/2026-27')
  expect(receiptSeries('BHKATS', '2099-12-31')).toBe('BHKATS-R/2099-00')
  expect(receiptNumber('BHKATS-R/2026-27', 123)).toBe('BHKATS-R/2026-27/000123')
  expect(seriesOf('BHKATS-R/2026-27/000123')).toBe('BHKATS-R/2026-27')
})

test('a provider in doubt is asked after 5 minutes, an hour, and then every day', () => {
  const at = { receivedAt: '2026-07-10T06:00:00.000Z', zone: 'Asia/Kolkata' }
  const asked = ['06:00', '06:05', '07:00'].map((time) => nextAskAt({ ...at, asOf: `2026-07-10T${time}:00.000Z` }))
  expect(asked).toEqual(['2026-07-10T06:05:00.000Z', '2026-07-10T07:00:00.000Z', '2026-07-11T06:00:00.000Z'])
  expect(nextAskAt({ ...at, asOf: '2026-07-12T05:59:59.000Z' })).toBe('2026-07-12T06:00:00.000Z')
  expect(nextAskAt({ ...at, asOf: '2026-07-12T06:00:00.000Z' })).toBe('2026-07-13T06:00:00.000Z')
})

test('money counts from the day it was paid, and never from a day to come', () => {
  const terms = { backdatingAgent: 'P7D', backdatingOffice: 'P30D' }
  const valued = (paidOn?: string) => valueDateOf({ paidOn, receivedOn: '2026-07-10', terms })
  expect(valued()).toEqual({ valueDate: '2026-07-10', isTooFar: false })
  expect(valued('2026-07-08')).toEqual({ valueDate: '2026-07-08', isTooFar: false })
  expect(valued('2026-07-12')).toEqual({ valueDate: '2026-07-10', isTooFar: false })
  // 10 July less 30 days = 10 June: that far, no farther.
  expect(valued('2026-06-10')).toEqual({ valueDate: '2026-06-10', isTooFar: false })
  expect(valued('2026-06-09')).toEqual({ valueDate: '2026-06-10', isTooFar: true })
})
