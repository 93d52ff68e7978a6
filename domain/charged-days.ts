import type { IsoDate } from './calendar.ts'
import { DomainError } from './errors.ts'
import type { PackageMode } from './package.ts'
import type { Period } from './period.ts'
import type { SupplySegment } from './tariff.ts'

type Days = Pick<SupplySegment, 'from' | 'to' | 'terms'>

/**
 * The days that a charge of this mode is for. A month that became post-paid is billed from that day on: the days before it were paid for
 * in advance; one that became pre-paid is billed up to that day, and the rest is asked for in advance (docs/billing-rules.md "From
 * post-paid to pre-paid"). A package changes its mode once in a period at most (docs/decisions/0020): INVALID_INPUT for anything else.
 */
export function daysOfMode<S extends Days>(supplied: readonly S[], mode: PackageMode): S[] {
  const first = supplied.findIndex(({ terms }) => terms.mode === mode)
  const last = supplied.findLastIndex(({ terms }) => terms.mode === mode)
  const own = first === -1 ? [] : supplied.slice(first, last + 1)
  if (own.length > 0 && own.every(({ terms }) => terms.mode === mode)) return own
  throw new DomainError('INVALID_INPUT', 'Pre-paid and post-paid days take turns in this period: it is charged by hand')
}

/** The part of a period over which consumption is billed: without the pre-paid days before and after the post-paid ones. */
export function meteredDays(supplied: readonly Days[], period: Period): Period {
  const first = supplied.findIndex(({ terms }) => terms.mode === 'postpaid')
  if (first === -1) return period
  const from = first > 0 ? supplied[first]?.from : undefined
  return { ...period, from: from ?? period.from, to: prepaidFrom(supplied) ?? period.to }
}

/** The day on which a period of post-paid days became pre-paid; undefined where it did not. */
export function prepaidFrom(supplied: readonly Days[]): IsoDate | undefined {
  const last = supplied.findLastIndex(({ terms }) => terms.mode === 'postpaid')
  return last === -1 ? undefined : supplied[last + 1]?.from
}
