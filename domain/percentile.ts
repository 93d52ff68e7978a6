import { DomainError } from './errors.ts'

/**
 * The smallest of the values that at least `percent` of them do not exceed (nearest rank): a value that was measured, never one between two.
 * Undefined without values; INVALID_INPUT for a percentage outside 1 to 100.
 */
export function percentile(values: readonly number[], percent: number): number | undefined {
  if (!(percent >= 1 && percent <= 100))
    throw new DomainError('INVALID_INPUT', 'A percentile lies between 1 and 100', { percent })
  return values.toSorted((a, b) => a - b)[Math.ceil((percent / 100) * values.length) - 1]
}
