import { describe, expect, test } from '@jest/globals'
import { isCarried, isFinalRefusal, isOvertaken, type DesiredSupply, type ReportedSupply } from './meter-state.ts'

const desired: DesiredSupply = {
  version: 4,
  loadLimitW: 500,
  activeFrom: '18:00',
  activeTo: '06:00',
  relay: 'auto',
  validUntil: null,
}
const reported: ReportedSupply = { ...desired, relayMode: 'auto', relay: 'closed' }
const dark = { relay: 'open' }

describe('a version is carried out when the meter reports', () => {
  test.each<[string, boolean, Partial<DesiredSupply>, Partial<ReportedSupply>]>([
    ['it with its values', true, {}, {}],
    ['a later one with the same values', true, {}, { version: 5 }],
    ['it while its contact waits for the hours', true, {}, { relay: 'armed' }],
    ['it while its contact is open for an overload', true, {}, { relay: 'open' }],
    ['an older one', false, {}, { version: 3 }],
    ['another limit', false, {}, { loadLimitW: 1_000 }],
    ['other hours', false, {}, { activeTo: '24:00' }],
    ['a relay that is set to stay open', false, {}, { relayMode: 'open', relay: 'open' }],
    ['an end of validity nobody asked for', false, {}, { validUntil: '2026-08-01T00:00:00Z' }],
    [
      'the same end of validity in other words',
      true,
      { validUntil: '2026-08-01T00:00:00.000Z' },
      { validUntil: '2026-08-01T00:00:00Z' },
    ],
    ['nothing of its values', false, {}, { loadLimitW: null }],
    ['the dark that was asked for', true, dark, { relayMode: 'open', relay: 'open' }],
    ['that it is set to dark while the contact is welded shut', false, dark, { relayMode: 'open', relay: 'closed' }],
    ['a contact open for an overload, where dark was asked for', false, dark, { relayMode: 'auto', relay: 'open' }],
  ])('%s: %s', (...[, expected, wanted, said]) => {
    expect(isCarried({ ...desired, ...wanted }, { ...reported, ...said })).toBe(expected)
  })
})

describe('a report is overtaken when', () => {
  const standing = { bootId: 2, version: 4, reportedAt: '2026-07-10T00:00:00.000Z' }
  test.each([
    ['it is from before the boot', true, { bootId: 1, version: 9, reportedAt: '2026-07-09T00:00:00.000Z' }],
    ['its version is older', true, { bootId: 2, version: 3, reportedAt: '2026-07-09T00:00:00.000Z' }],
    ['never when it is the same one again', false, standing],
    ['never after a boot, though the meter forgot', false, { bootId: 3, version: 0, reportedAt: '2026-07-01T00:00:00.000Z' }],
    ['never when only its clock was put back', false, { bootId: 2, version: 4, reportedAt: '2026-07-01T00:00:00.000Z' }],
    ['never when the meter counts its boots anew', false, { bootId: 1, version: 0, reportedAt: '2026-07-11T00:00:00.000Z' }],
    ['never where nothing is known of boots', false, { bootId: null, version: 1, reportedAt: '2026-07-01T00:00:00.000Z' }],
  ])('%s', (...[, expected, report]) => {
    expect(isOvertaken(report, standing)).toBe(expected)
  })
})

test.each([
  ['UNSUPPORTED', true],
  ['INVALID_ARGUMENT', true],
  ['HARDWARE_FAULT', true],
  ['EXPIRED', false],
  ['BUSY', false],
  ['STALE_VERSION', false],
  ['CLOCK_UNSET', false],
])('a refusal for %s is final: %s', (code, expected) => {
  expect(isFinalRefusal(code)).toBe(expected)
})
