import { expect, test } from '@jest/globals'
import { consoleSender } from './sender.ts'

const notice = { id: '17', channel: 'sms', to: '+915553311884', body: 'कृपया ₹472 जमा करें।', language: 'hi' } as const

test('the console writes ids and lengths, never the text nor the number', async () => {
  const lines: string[] = []
  await consoleSender((line) => lines.push(line)).send(notice)
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { sender: 'console', id: '17', channel: 'sms', language: 'hi', characters: 20, encoding: 'ucs2', segments: 1 },
  ])
  expect(lines.join()).not.toMatch(/472|911884|5553311884|जमा/)
})

test('an SMS counts as delivered, a printed notice only once somebody has handed it over', async () => {
  const { send } = consoleSender(() => undefined)
  expect(await send(notice)).toEqual({ status: 'delivered', providerReference: 'console-17' })
  expect(await send({ ...notice, channel: 'print' })).toEqual({ status: 'accepted', providerReference: 'console-17' })
})
