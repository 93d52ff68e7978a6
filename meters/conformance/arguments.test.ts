import { describe, expect, test } from '@jest/globals'
import { askedOf } from './arguments.ts'
import { lineText, summaryText } from './table.ts'

const enough = ['--broker', 'mqtt://broker.example', '--serial', 'SM1']

describe('the arguments', () => {
  test('broker and serial are enough', () => {
    expect(askedOf(enough)).toEqual({
      broker: 'mqtt://broker.example',
      serial: 'SM1',
      waitMs: 20_000,
      listenMs: 30_000,
      reconnect: false,
      json: false,
    })
    expect(askedOf(['--help'])).toBeNull()
  })

  test.each([
    [['--serial', 'SM1'], '--broker and --serial are needed'],
    [['--broker', 'mqtt://broker.example'], '--broker and --serial are needed'],
    [['--broker', 'http://broker.example', '--serial', 'SM1'], 'no mqtt:// or mqtts:// URL'],
    [['--broker', 'mqtt://', '--serial', 'SM1'], 'no mqtt:// or mqtts:// URL'],
    [['--broker', 'mqtt://broker.example', '--serial', '+'], 'cannot stand in a topic'],
    [[...enough, '--plant', 'A/B'], 'cannot stand in a topic'],
    [[...enough, '--password', 'secret'], '--password needs a --username'],
    [[...enough, '--wait', 'long'], '--wait long is no number'],
    [[...enough, '--listen', '0'], '--listen 0 is no number'],
    [[...enough, '--speed', '3'], "Unknown option '--speed'"],
  ])('%j are refused in one sentence', (args, sentence) => {
    expect(() => askedOf(args)).toThrow(sentence)
  })
})

test('a line of the table says what the contract says, and below it what was seen', () => {
  const line = { check: 'hold opens', says: 'The contact opens.' }
  const failed = { ...line, result: 'failed', because: 'it is closed' } as const
  expect(lineText({ ...line, result: 'passed' })).toMatch(/^passed +hold opens +The contact opens\.$/)
  expect(lineText(failed)).toMatch(/^FAILED +hold opens +The contact opens\.\n +-> it is closed$/)
  expect(summaryText([failed, { ...line, result: 'passed' }])).toBe('1 passed, 1 failed, 0 not tested')
})
