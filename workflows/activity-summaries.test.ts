import { expect, test } from '@jest/globals'
import { summaryOf } from './activity-summaries.ts'

test.each([
  ['chaseTask', { taskId: 'BHKATS-T12', level: 'remind' }, 'chase task: BHKATS-T12'],
  [
    'issueBills',
    { plant: 'BHKATS', boundary: '2026-08-01', mode: 'postpaid', connectionIds: ['a', 'b'] },
    'issue bills: 2026-08-01 · postpaid · 2 customers',
  ],
  [
    'estimateReading',
    { customerId: 'BHKATS01112', accountId: 'BHKATS-A0042', period: '2026-07-01' },
    'estimate reading: BHKATS01112 · BHKATS-A0042 · 2026-07-01',
  ],
  ['tellParked', { workflowId: 'task:BHKATS-T12', asOf: '2026-07-01T00:00:00.000Z' }, 'tell parked: task:BHKATS-T12'],
  ['takeIn', undefined, 'take in'],
])('%s is shown to the operator as what it does and to whom', (activity, input, shown) => {
  expect(summaryOf(activity, input)).toBe(shown)
})

test('what people wrote, and what they are called, is never shown', () => {
  expect(
    summaryOf('recordKyc', { applicationId: 'BHKATS-A0042', kyc: { name: 'Sunita' }, name: 'Sunita', phone: '+91555' }),
  ).toBe('record kyc: BHKATS-A0042')
})
