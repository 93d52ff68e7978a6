import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import * as ids from './ids.ts'

const invalid = expect.objectContaining({ code: 'INVALID_INPUT' })

describe('customer ids', () => {
  test('figure 12: state, plant, pole, connection', () => {
    expect(ids.customerId({ plant: 'BHKATS', pole: 11, connection: 12 })).toBe('BHKATS01112')
    expect(ids.parseCustomerId('BHKATS01112')).toEqual({ plant: 'BHKATS', pole: 11, connection: 12 })
  })

  test('writing and reading are each other’s inverse', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 1, max: 99 }), (pole, connection) => {
        const id = ids.customerId({ plant: 'BHKATS', pole, connection })
        expect(ids.parseCustomerId(id)).toEqual({ plant: 'BHKATS', pole, connection })
        return ids.isCustomerId(id)
      }),
    )
  })

  test.each(['', 'BHKATS0111', 'BHKATS00012', 'BHKATS01100', 'bhkats01112', 'BHKATS01112\n', 'BHKATS-A0042'])(
    '%p is none',
    (text) => {
      expect(ids.isCustomerId(text)).toBe(false)
      expect(() => ids.parseCustomerId(text)).toThrow(invalid)
    },
  )

  test('the hundredth connection of a pole is refused, and a number is never used again', () => {
    expect(ids.nextConnectionNumber(0)).toBe(1)
    expect(ids.nextConnectionNumber(98)).toBe(99)
    expect(() => ids.nextConnectionNumber(99)).toThrow(expect.objectContaining({ code: 'POLE_FULL' }))
    expect(() => ids.customerId({ plant: 'BHKATS', pole: 1, connection: 100 })).toThrow(
      expect.objectContaining({ code: 'POLE_FULL' }),
    )
    expect(() => ids.nextConnectionNumber(-1)).toThrow(invalid)
  })
})

describe('numbers of papers', () => {
  test('applications have four digits and grow beyond them; others have as many as they need', () => {
    expect(ids.applicationId('BHKATS', 42)).toBe('BHKATS-A0042')
    expect(ids.applicationId('BHKATS', 12_345)).toBe('BHKATS-A12345')
    expect([ids.taskId('BHKATS', 12), ids.requestId('BHKATS', 5), ids.closureId('BHKATS', 3)]).toEqual([
      'BHKATS-T12',
      'BHKATS-R5',
      'BHKATS-L3',
    ])
  })

  test('they are read back with their plant', () => {
    expect(ids.parseApplicationId('BHKATS-A0042')).toEqual({ plant: 'BHKATS', n: 42 })
    expect(ids.parseNumberedId('BHKATS-T12')).toEqual({ plant: 'BHKATS', kind: 'task', n: 12 })
    expect(ids.plantOf('BHKATS01112')).toBe('BHKATS')
  })

  test.each(['BHKATS-T12', 'BHKATS-A0000', 'BHKATS-A', '-A0042', 'BHKATS-A0042 '])('%p is no application', (text) => {
    expect(() => ids.parseApplicationId(text)).toThrow(invalid)
  })

  test.each(['KATS', 'bhkats', 'BHKATSX', '', 'BH KAT', 'BH1234', null])('%p is no plant', (plant) => {
    expect(ids.isPlantCode(plant)).toBe(false)
    expect(() => ids.taskId(String(plant), 1)).toThrow(invalid)
  })
})
