import { describe, expect, test } from '@jest/globals'
import { METER_LEAVES, RETAINED, meterFilter, meterTopic, parseMeterTopic } from './topics.ts'

describe('topics', () => {
  test.each(METER_LEAVES)('the %s topic of a meter reads back as what it was built from', (leaf) => {
    const topic = meterTopic({ plant: 'BHKATS', serial: 'SM100000', leaf })
    expect(topic).toBe(`mg/v1/BHKATS/SM100000/${leaf}`)
    expect(parseMeterTopic(topic)).toEqual({ plant: 'BHKATS', serial: 'SM100000', leaf })
  })

  test.each(['', 'a/b', '+', '#', 'SM+1', 'SM#', '$SYS', ' SM1', 'SM\u0000', 'x'.repeat(65), '..'])(
    'a serial %j is refused, so that no meter reaches outside its own branch',
    (serial) => {
      expect(() => meterTopic({ plant: 'BHKATS', serial, leaf: 'cmd' })).toThrow(RangeError)
      expect(() => meterTopic({ plant: serial, serial: 'SM1', leaf: 'cmd' })).toThrow(RangeError)
      expect(parseMeterTopic(`mg/v1/BHKATS/${serial}/cmd`)).toBeNull()
    },
  )

  test.each([
    '',
    'mg/v1/BHKATS/SM1',
    'mg/v2/BHKATS/SM1/state',
    'mg/v1/BHKATS/SM1/state/more',
    '/mg/v1/BHKATS/SM1/state',
    'mg/v1/BHKATS/SM1/STATE',
    'mg/v1/BHKATS/SM1/',
    'mg/v1//SM1/state',
  ])('%j is not one of our topics', (topic) => {
    expect(parseMeterTopic(topic)).toBeNull()
  })

  test('a filter covers every plant or one', () => {
    expect(meterFilter('state')).toBe('mg/v1/+/+/state')
    expect(meterFilter('ack', 'BHKATS')).toBe('mg/v1/BHKATS/+/ack')
    expect(() => meterFilter('ack', '+')).toThrow(RangeError)
  })

  test('a command is never retained', () => {
    expect(RETAINED.cmd).toBe(false)
    expect(RETAINED.status && RETAINED.state).toBe(true)
  })
})
