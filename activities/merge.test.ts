import { expect, test } from '@jest/globals'
import { mergeActivities } from './merge.ts'

test('parts become one object', () => {
  expect(Object.keys(mergeActivities({ readA: () => 1 }, { readB: () => 2 }))).toEqual(['readA', 'readB'])
})

test('two activities of one name are refused at the start, not found out by a wrong effect', () => {
  expect(() => mergeActivities({ pay: () => 1 }, { pay: () => 2 })).toThrow('two activities are named pay')
})
