import { addDays, dateAt, startOfDay } from './calendar.ts'
import type { IsoDate, IsoInstant, Zone } from './calendar.ts'
import { energyChargeMinor } from './energy.ts'
import { DomainError } from './errors.ts'
import { roundToWholeUnits, splitByLargestRemainder, sumMinor } from './money.ts'
import type { MeterKind, PackageTerms } from './package.ts'
import { daysIn } from './period.ts'
import type { Period } from './period.ts'
import type { AssessedCharge } from './bill.ts'
import type { ReadingAdjustment } from './reading-correction.ts'
import type { ChargeLine, SupplySegment } from './tariff.ts'

/** A register as billing may use it; `boundary` is the end of the period it settles. */
export type BilledRegister = {
  readonly serial: string
  readonly takenAt: IsoInstant
  readonly boundary: IsoDate | null
  readonly registerWh: number
  readonly estimated: boolean
}

/** From when to when a meter served the connection. */
export type Installation = {
  readonly serial: string
  readonly kind: MeterKind
  readonly installedAt: IsoInstant
  readonly startRegisterWh: number
  readonly removedAt: IsoInstant | null
  readonly finalRegisterWh: number | null
  readonly finalIsEstimate: boolean
}

type RegisterEnd = Pick<BilledRegister, 'registerWh' | 'takenAt' | 'estimated'>

/** What one meter counted towards a period. Below zero when it began at an estimate that was too high. */
export type BilledSpan = {
  readonly serial: string
  readonly start: RegisterEnd
  readonly end: RegisterEnd
  readonly countedWh: number
  /** Where the span begins at an estimate: the last register that was read, so that the true-up can be checked (rule 27). */
  readonly lastActual?: RegisterEnd
}

/** A metered period: its spans, what is billed of it, and what earlier estimates billed too much. */
export type MeteredPeriod = {
  readonly spans: readonly BilledSpan[]
  readonly consumptionWh: number
  readonly overbilledWh: number
  readonly estimated: boolean
  readonly truesUp: boolean
}

type PeriodMeters = {
  readonly period: Period
  readonly zone: Zone
  readonly installations: readonly Installation[]
  readonly registers: readonly BilledRegister[]
}

/**
 * What the connection used in a period, reading to reading, over one meter or several (billing.md rules 26, 27). Registers are
 * cumulative, so a period that follows an estimate is trued up by itself. READING_MISSING when the period's end was not read,
 * READING_BELOW_LAST when a register fell although nothing was estimated.
 */
export function meteredPeriod(meters: PeriodMeters): MeteredPeriod {
  const spans = servingIn(meters).map((installation) => spanOf(installation, meters))
  if (spans.length === 0) throw new DomainError('READING_MISSING', 'No meter served this period')
  const countedWh = spans.reduce((sum, span) => sum + span.countedWh, 0)
  return {
    spans,
    consumptionWh: Math.max(countedWh, 0),
    overbilledWh: Math.max(-countedWh, 0),
    estimated: spans.some(({ end }) => end.estimated),
    truesUp: spans.some(({ start, end }) => start.estimated && !end.estimated),
  }
}

/** The register a period begins with, of the meter that serves at its end; undefined without a meter. */
export function startRegister(meters: PeriodMeters): (RegisterEnd & { serial: string; lastActual: RegisterEnd }) | undefined {
  const last = servingIn(meters).at(-1)
  if (last === undefined || (last.removedAt !== null && last.removedAt < startOfDay(meters.period.to, meters.zone)))
    return undefined
  const start = startOf(last, meters)
  return { ...start, serial: last.serial, lastActual: start.estimated ? lastActualOf(last, meters) : start }
}

/** Meters that counted in any of the period and were not settled before it; a limiter counts nothing. */
function servingIn({ period, zone, installations }: PeriodMeters): Installation[] {
  const from = startOfDay(period.from, zone)
  const to = startOfDay(period.to, zone)
  return installations.filter(
    ({ kind, installedAt, removedAt }) => kind !== 'load_limiter' && installedAt < to && (removedAt === null || removedAt > from),
  )
}

function spanOf(installation: Installation, meters: PeriodMeters): BilledSpan {
  const { serial } = installation
  const start = startOf(installation, meters)
  const end = endOf(installation, meters)
  const countedWh = end.registerWh - start.registerWh
  if (countedWh < 0 && !start.estimated)
    throw new DomainError('READING_BELOW_LAST', 'A reading is never below the last one', {
      lastWh: start.registerWh,
      currentWh: end.registerWh,
    })
  return { serial, start, end, countedWh, ...(start.estimated && { lastActual: lastActualOf(installation, meters) }) }
}

function startOf(installation: Installation, { period, registers }: PeriodMeters): RegisterEnd {
  const settled = registers.filter(
    (one) => one.serial === installation.serial && one.boundary !== null && one.boundary <= period.from,
  )
  return newest(settled) ?? installed(installation)
}

function lastActualOf(installation: Installation, { period, registers }: PeriodMeters): RegisterEnd {
  const actual = registers.filter(
    (one) => one.serial === installation.serial && one.boundary !== null && one.boundary <= period.from && !one.estimated,
  )
  return newest(actual) ?? installed(installation)
}

function endOf(
  { serial, removedAt, finalRegisterWh, finalIsEstimate }: Installation,
  { period, zone, registers }: PeriodMeters,
): RegisterEnd {
  const to = startOfDay(period.to, zone)
  if (removedAt !== null && removedAt < to)
    return { registerWh: finalRegisterWh ?? 0, takenAt: removedAt, estimated: finalIsEstimate }
  const read = registers.find((one) => one.serial === serial && one.boundary === period.to)
  if (read === undefined) throw new DomainError('READING_MISSING', 'The meter was not read at the end of the period', { serial })
  return endFrom(read)
}

function installed({ startRegisterWh, installedAt }: Installation): RegisterEnd {
  return { registerWh: startRegisterWh, takenAt: installedAt, estimated: false }
}

function newest(registers: readonly BilledRegister[]): RegisterEnd | undefined {
  const [last] = registers.toSorted((a, b) => (String(a.boundary) < String(b.boundary) ? 1 : -1))
  return last && endFrom(last)
}

function endFrom({ registerWh, takenAt, estimated }: BilledRegister): RegisterEnd {
  return { registerWh, takenAt, estimated }
}

/**
 * Shares a period's consumption over its packages. Each change is read at its midnight; where that was missed the energy is
 * shared by days and marked estimated. `registersOn` holds the registers of the changes' first days.
 */
export function shareConsumption(input: {
  metered: MeteredPeriod
  segments: readonly SupplySegment[]
  registersOn: Readonly<Record<IsoDate, number>>
}): SupplySegment[] {
  const { metered, segments, registersOn } = input
  const { spans, consumptionWh, estimated } = metered
  if (segments.length <= 1) return segments.map((segment) => ({ ...segment, consumptionWh, estimated }))
  const read = sharedByReadings(metered, segments, registersOn)
  if (read !== undefined && spans.length === 1)
    return segments.map((segment, index) => ({ ...segment, consumptionWh: read[index] ?? 0, estimated }))
  const parts = splitByLargestRemainder(consumptionWh, segments.map(daysIn))
  return segments.map((segment, index) => ({ ...segment, consumptionWh: parts[index] ?? 0, estimated: true }))
}

function sharedByReadings(
  { spans }: MeteredPeriod,
  segments: readonly SupplySegment[],
  registersOn: Readonly<Record<IsoDate, number>>,
): number[] | undefined {
  const [span] = spans
  if (span === undefined) return undefined
  const inner = segments.slice(1).map(({ from }) => registersOn[from])
  const points = [span.start.registerWh, ...inner, span.end.registerWh]
  const parts = points.slice(1).map((to, index) => (to ?? Number.NaN) - (points[index] ?? Number.NaN))
  return parts.every((part) => part >= 0) ? parts : undefined
}

/** What earlier estimates billed too much, taken off at the rate of the period: part of the charge, and what goes beyond it as credit. */
export type TrueUpLine = {
  readonly kind: 'true-up'
  readonly amountMinor: number
  readonly overbilledWh: number
  readonly rateMinorPerKwh: number
}
/** The part of a true-up that the charge cannot hold: a charge is never below zero, so it becomes credit. */
export type CarriedLine = { readonly kind: 'carried-to-credit'; readonly amountMinor: number }

/** What a reading that was corrected later changes of bills that are out; it cites both registers. */
export type ReadingAdjustmentLine = { readonly kind: 'reading-adjustment' } & ReadingAdjustment

export type TruedUpCharge = {
  readonly lines: readonly (ChargeLine | TrueUpLine | ReadingAdjustmentLine | CarriedLine)[]
  readonly roundingMinor: number
  readonly totalMinor: number
  readonly creditMinor: number
}

/**
 * Takes what was billed too much off an assessed charge, and adds what corrected readings change of earlier ones (billing.md rules 13, 27).
 * Without either, the charge as it is.
 */
export function trueUpCharge(input: {
  assessed: AssessedCharge
  overbilledWh: number
  terms: PackageTerms
  currency: string
  adjustments?: readonly ReadingAdjustment[]
}): TruedUpCharge {
  const { assessed, overbilledWh, terms, currency, adjustments = [] } = input
  if (overbilledWh === 0 && adjustments.length === 0) return { ...assessed, creditMinor: 0 }
  const corrected = adjustments.map((one): ReadingAdjustmentLine => ({ kind: 'reading-adjustment', ...one }))
  const off = [...trueUpLines(overbilledWh, terms), ...corrected]
  const priced = [...assessed.lines.filter(({ kind }) => kind !== 'rounding'), ...off]
  const { roundedMinor, roundingMinor } = roundToWholeUnits(sumMinor(priced.map(({ amountMinor }) => amountMinor)), currency)
  const creditMinor = Math.max(-roundedMinor, 0)
  const rounding = roundingMinor === 0 ? [] : [{ kind: 'rounding' as const, amountMinor: roundingMinor }]
  const carried = creditMinor === 0 ? [] : [{ kind: 'carried-to-credit' as const, amountMinor: creditMinor }]
  return { lines: [...priced, ...rounding, ...carried], roundingMinor, totalMinor: Math.max(roundedMinor, 0), creditMinor }
}

function trueUpLines(overbilledWh: number, { energyRateMinorPerKwh: rateMinorPerKwh }: PackageTerms): TrueUpLine[] {
  if (overbilledWh === 0) return []
  const amountMinor = -energyChargeMinor({ consumptionWh: overbilledWh, rateMinorPerKwh })
  return [{ kind: 'true-up', amountMinor, overbilledWh, rateMinorPerKwh }]
}

/** The days of a period under each package version, clipped to the days the connection is supplied. */
export function suppliedSegments(input: {
  period: Period
  connectedOn: IsoDate
  leftOn: IsoDate | null
  terms: readonly { fromDate: IsoDate; toDate: IsoDate | null; package: PackageTerms }[]
  /** An advance that was asked for in the middle of a period begins there. */
  from?: IsoDate | undefined
}): SupplySegment[] {
  const { period, connectedOn, leftOn, terms, from } = input
  const first = [period.from, connectedOn, ...(from === undefined ? [] : [from])].toSorted().at(-1) ?? period.from
  const last = leftOn === null || leftOn > period.to ? period.to : leftOn
  return terms
    .map(({ fromDate, toDate, package: one }) => ({
      from: fromDate > first ? fromDate : first,
      to: toDate === null || toDate > last ? last : toDate,
      terms: one,
    }))
    .filter((segment) => segment.from < segment.to)
    .toSorted((a, b) => (a.from < b.from ? -1 : 1))
}

/** True when holds kept the connection off for the whole period, one after another without a gap (policy "fixed charge while cut"). */
export function isCutWholePeriod(input: {
  period: Period
  zone: Zone
  holds: readonly { placedAt: IsoInstant; liftedAt: IsoInstant | null }[]
}): boolean {
  const { period, zone, holds } = input
  const to = startOfDay(period.to, zone)
  let reached = startOfDay(period.from, zone)
  for (const { placedAt, liftedAt } of holds.toSorted((a, b) => (a.placedAt < b.placedAt ? -1 : 1))) {
    if (placedAt <= reached && (liftedAt === null || liftedAt > reached)) reached = liftedAt ?? to
  }
  return reached >= to
}

/** Days of a period, from `from` on, on which a lapsed advance kept the connection dark, up to the day before `until`. */
export function darkDaysOf(input: {
  from: IsoDate
  until: IsoDate
  zone: Zone
  holds: readonly { placedAt: IsoInstant; liftedAt: IsoInstant | null }[]
}): number {
  const { from, until, zone, holds } = input
  const dark = new Set<IsoDate>()
  for (const { placedAt, liftedAt } of holds) {
    const begin = [from, dateAt(placedAt, zone)].toSorted().at(-1) ?? from
    const lit = liftedAt === null ? until : dateAt(liftedAt, zone)
    const end = lit < until ? lit : until
    for (let day = begin; day < end; day = addDays(day, 1)) dark.add(day)
  }
  return dark.size
}
