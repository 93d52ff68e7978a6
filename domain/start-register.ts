import { daysBetween, dateAt, startOfDay } from './calendar.ts'
import type { IsoDate, IsoInstant, Zone } from './calendar.ts'
import type { BilledRegister, Installation } from './metered-period.ts'
import { suppliedSegments } from './metered-period.ts'
import { promisedHoursPerDay } from './package.ts'
import type { PackageTerms } from './package.ts'
import type { Period } from './period.ts'

/** A register of a meter, at an instant. */
export type RegisterAt = { readonly takenAt: IsoInstant; readonly registerWh: number }

/** The midnight on which a connection became post-paid on a meter that hung there already: what was counted before it is paid for. */
export type WantedStart<M extends Installation = Installation> = {
  readonly date: IsoDate
  readonly midnight: IsoInstant
  readonly meter: M
  /** The package of the days before: what it let through is what an estimate rests on. */
  readonly before: PackageTerms
}

/**
 * The register with which the post-paid days of a period begin, where pre-paid ones lie right before them and nothing has been stored
 * for that midnight yet. Undefined where the period begins at a register like any other.
 */
export function wantedStart<M extends Installation>(input: {
  period: Period
  zone: Zone
  connectedOn: IsoDate
  leftOn: IsoDate | null
  terms: readonly { readonly fromDate: IsoDate; readonly toDate: IsoDate | null; readonly package: PackageTerms }[]
  installations: readonly M[]
  registers: readonly BilledRegister[]
}): WantedStart<M> | undefined {
  const { period, zone, connectedOn, terms, installations, registers } = input
  const date = suppliedSegments(input).find(({ terms: one }) => one.mode === 'postpaid')?.from
  const before = terms.find(({ toDate, package: one }) => toDate === date && one.mode === 'prepaid')?.package
  if (date === undefined || before === undefined || connectedOn >= date || date >= period.to) return undefined
  const midnight = startOfDay(date, zone)
  const meter = installations.findLast(
    ({ installedAt, removedAt }) => installedAt < midnight && (removedAt === null || removedAt > midnight),
  )
  if (meter === undefined) return undefined
  const isStored = registers.some(({ serial, boundary }) => serial === meter.serial && boundary === date)
  return isStored ? undefined : { date, midnight, meter, before }
}

/**
 * The register at a midnight that nobody read (policy "estimate"): between the last one before it and the first one after it by the time
 * that passed. Without one after it, the most that the pre-paid package let through counts as used since the last: nobody pays twice.
 */
export function estimatedStart(input: {
  midnight: IsoInstant
  zone: Zone
  last: RegisterAt
  next: RegisterAt | undefined
  before: PackageTerms
}): number {
  const { midnight, zone, last, next, before } = input
  if (next !== undefined) return registerBetween({ midnight, last, next })
  const days = Math.max(daysBetween(dateAt(last.takenAt, zone), dateAt(midnight, zone)), 0)
  return last.registerWh + Math.round(before.loadLimitW * promisedHoursPerDay(before) * days)
}

/** The register at a midnight between two that are known, by the time that passed. Never below the first of them. */
export function registerBetween({ midnight, last, next }: { midnight: IsoInstant; last: RegisterAt; next: RegisterAt }): number {
  const passed = share(last.takenAt, { midnight, until: next.takenAt })
  return last.registerWh + Math.round(Math.max(next.registerWh - last.registerWh, 0) * passed)
}

function share(since: IsoInstant, { midnight, until }: { midnight: IsoInstant; until: IsoInstant }): number {
  const [from, at, to] = [Date.parse(since), Date.parse(midnight), Date.parse(until)]
  return to <= from ? 1 : Math.min(Math.max((at - from) / (to - from), 0), 1)
}
