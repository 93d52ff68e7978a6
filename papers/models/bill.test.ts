import { expect, test } from '@jest/globals'
import { bill, head } from '../examples.ts'
import { linesOf } from '../renderings/text.ts'
import { billPaper } from './bill.ts'

test.each([
  ['en', 'Security deposit to restore', '₹120 of it restores your security deposit.'],
  ['hi', 'सिक्युरिटी डिपॉज़िट', 'सिक्युरिटी डिपॉज़िट फिर से पूरा करने के लिए'],
] as const)('a part of a drawn deposit is named on the bill and in its SMS (%s)', (language, label, sms) => {
  const part = { chargeId: 11, kind: 'deposit', source: 'restore:7:1', amountMinor: 12_000, line: 'deposit-to-restore' } as const
  const paper = billPaper(head, { ...bill, otherCharges: [part] }, language)
  const words = linesOf(paper)
    .map((line) => ('text' in line ? line.text : ''))
    .join(' ')
    .replace(/\s+/g, ' ')
  expect(words).toContain(label)
  expect(paper.sms).toContain(sms)
})
