import { describe, expect, test } from '@jest/globals'
import { lastFourOf, openIdentity, sealIdentity } from './identity-seal.ts'

const key = Buffer.alloc(32, 7)
const owner = { personId: 'BHKATS-P1', kind: 'voter-id' }

describe('the number of an identity proof', () => {
  test('is kept so that only the key and its own row open it', () => {
    const sealed = sealIdentity(key, owner, 'ABC1234567')
    expect(sealed.includes(Buffer.from('1234567'))).toBe(false)
    expect(openIdentity(key, owner, sealed)).toBe('ABC1234567')
    expect(() => openIdentity(Buffer.alloc(32, 8), owner, sealed)).toThrow()
    expect(() => openIdentity(key, { ...owner, personId: 'BHKATS-P2' }, sealed)).toThrow()
  })

  test('is never sealed twice alike', () => {
    expect(sealIdentity(key, owner, 'ABC1234567')).not.toEqual(sealIdentity(key, owner, 'ABC1234567'))
  })

  test('without a key is not taken at all', () => {
    expect(() => sealIdentity(undefined, owner, 'ABC1234567')).toThrow('no KYC key')
  })

  test.each([
    ['voter-id', 'ABC-123 4567', '4567'],
    ['aadhaar', '9012', '9012'],
  ])('of %s shows its last four', (kind, number, lastFour) => {
    expect(lastFourOf({ kind, number })).toBe(lastFour)
  })

  test.each([
    ['aadhaar', '1234 5678 9012'],
    ['voter-id', '12'],
  ])('of %s as %s is refused', (kind, number) => {
    expect(() => lastFourOf({ kind, number })).toThrow()
  })
})
