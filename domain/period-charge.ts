import { assessCharge } from './bill.ts'
import type { BillingWindows } from './billing-calendar.ts'
import { dateAt, daysBetween } from './calendar.ts'
import type { IsoDate, IsoInstant, Zone } from './calendar.ts'
import { daysOfMode, meteredDays } from './charged-days.ts'
import { DomainError } from './errors.ts'
import { HOLD_RULES } from './hold.ts'
import type { HoldReason } from './hold.ts'
import {
  isCutWholePeriod,
  meteredPeriod,
  shareConsumption,
  startRegister,
  suppliedSegments,
  trueUpCharge,
} from './metered-period.ts'
import type { BilledRegister, Installation, MeteredPeriod, TruedUpCharge } from './metered-period.ts'
import { meanWh } from './reading.ts'
import { checkReading, estimateWh } from './reading.ts'
import type { ReadingRule, ReadingVerdict } from './reading.ts'
import { promisedHoursPerDay } from './package.ts'
import type { PackageMode, PackageTerms } from './package.ts'
import { daysIn } from './period.ts'
import type { Period } from './period.ts'
import type { PlantPolicy } from './policy.ts'
import type { ReadingAdjustment } from './reading-correction.ts'
import { wantedStart } from './start-register.ts'
import type { SupplySegment } from './tariff.ts'

/** A connection as its bill sees it. */
export type BilledConnection = {
  readonly connectedOn: IsoDate
  readonly leftOn: IsoDate | null
  readonly terms: readonly { readonly fromDate: IsoDate; readonly toDate: IsoDate | null; readonly package: PackageTerms }[]
  readonly holds: readonly { readonly reason: HoldReason; readonly placedAt: IsoInstant; readonly liftedAt: IsoInstant | null }[]
  readonly installations: readonly Installation[]
  readonly registers: readonly BilledRegister[]
  /** Wh of whole periods read at both ends, oldest first. */
  readonly history: readonly number[]
  /** What readings that were corrected change of bills that are out, while no bill has charged it. */
  readonly adjustments?: readonly ReadingAdjustment[]
}

export type PlantRules = { readonly zone: Zone; readonly currency: string; readonly policy: PlantPolicy }

/** One period's electricity of one connection, with what it rests on. */
export type PeriodCharge = TruedUpCharge & {
  readonly mode: PackageMode
  readonly period: Period
  readonly segments: readonly SupplySegment[]
  readonly metered: MeteredPeriod | null
  /** Wh of the period when it was whole and read at both ends: what later readings are held against. */
  readonly wholeReadWh: number | null
  /** Corrections of earlier readings that this charge takes in. */
  readonly adjustments: readonly ReadingAdjustment[]
}

/**
 * What a connection owes for a period (policy "Money and periods"): post-paid after it, by its readings; pre-paid before it, from
 * `from` on where the advance was asked for later. READING_MISSING, READING_BELOW_LAST, INVALID_INPUT.
 */
export function assessPeriod(input: {
  connection: BilledConnection
  mode: PackageMode
  period: Period
  rules: PlantRules
  registersOn?: Readonly<Record<IsoDate, number>>
  from?: IsoDate | undefined
}): PeriodCharge {
  const { connection, mode, period, rules, registersOn = {}, from } = input
  const supplied = suppliedSegments({
    period,
    connectedOn: connection.connectedOn,
    leftOn: connection.leftOn,
    terms: connection.terms,
    from,
  })
  const [first] = supplied
  if (first === undefined) throw new DomainError('INVALID_INPUT', 'Nothing was supplied in this period', { period: period.key })
  const own = daysOfMode(supplied, mode)
  const metering = meteredDays(supplied, period)
  if (needsReading(own) && wantedStart({ ...connection, period, zone: rules.zone }) !== undefined)
    throw new DomainError('READING_MISSING', 'The register that the post-paid days begin with is not known')
  const metered = needsReading(own) ? meteredPeriod({ period: metering, zone: rules.zone, ...connection }) : null
  const segments = metered === null ? own : shareConsumption({ metered, segments: own, registersOn })
  const cutWholePeriod =
    mode === 'postpaid' && isCutWholePeriod({ period: metering, zone: rules.zone, holds: connection.holds.filter(isLasting) })
  const assessed = assessCharge({ period, currency: rules.currency, segments, cutWholePeriod, policy: rules.policy })
  const adjustments = mode === 'postpaid' ? (connection.adjustments ?? []) : []
  const charge = trueUpCharge({
    assessed,
    overbilledWh: metered?.overbilledWh ?? 0,
    terms: own[0]?.terms ?? first.terms,
    currency: rules.currency,
    adjustments,
  })
  return { ...charge, mode, period, segments, metered, wholeReadWh: wholeReadWh(metered, segments, period), adjustments }
}

/** True when any of the days has a price per unit. */
export function needsReading(segments: readonly SupplySegment[]): boolean {
  return segments.some(({ terms }) => terms.energyRateMinorPerKwh > 0)
}

/** A customer who was never lit, or who was switched off for a reason that lasts, used nothing by right. */
function isLasting({ reason }: { reason: HoldReason }): boolean {
  return !HOLD_RULES[reason].temporary
}

function wholeReadWh(metered: MeteredPeriod | null, segments: readonly SupplySegment[], period: Period): number | null {
  if (metered === null || metered.estimated || metered.spans.some(({ start }) => start.estimated)) return null
  const days = segments.reduce((sum, segment) => sum + daysIn(segment), 0)
  return days === daysIn(period) ? metered.consumptionWh : null
}

/** Judges a register for the end of a period against the last one that was read (policy "checks"). */
export function judgeRegister(input: {
  connection: BilledConnection
  windows: BillingWindows
  rules: PlantRules
  register: { registerWh: number; takenAt: IsoInstant }
}): { verdict: ReadingVerdict; rules: ReadingRule[]; lastWh: number } {
  const { connection, windows, rules, register } = input
  const { start, segments } = startOfPeriod(connection, windows, rules)
  const { lastActual } = start
  const limitW = Math.max(...segments.map(({ terms }) => terms.loadLimitW))
  const promised = Math.max(...segments.map(({ terms }) => promisedHoursPerDay(terms)))
  const days = Math.max(daysBetween(dateAt(lastActual.takenAt, rules.zone), dateAt(register.takenAt, rules.zone)), 1)
  const mean = meanWh(connection.history.slice(-rules.policy.metering.meanOfPeriods))
  const checked = checkReading({
    lastWh: lastActual.registerWh,
    currentWh: register.registerWh,
    limitW,
    promisedHoursPerDay: promised,
    days,
    ...(mean !== undefined && { meanWh: mean, meanDays: daysIn(windows.postpaid) }),
    policy: rules.policy,
  })
  return { ...withoutCut(checked, connection, { from: lastActual.takenAt, to: register.takenAt }), lastWh: lastActual.registerWh }
}

/** Who was switched off for part of the time has every reason to have used little. */
function withoutCut(
  checked: { verdict: ReadingVerdict; rules: ReadingRule[] },
  { holds }: BilledConnection,
  { from, to }: { from: IsoInstant; to: IsoInstant },
): { verdict: ReadingVerdict; rules: ReadingRule[] } {
  const wasCut = holds.some((hold) => isLasting(hold) && hold.placedAt < to && (hold.liftedAt === null || hold.liftedAt > from))
  if (!wasCut || checked.verdict !== 'needs-review') return { verdict: checked.verdict, rules: checked.rules }
  const rules = checked.rules.filter((rule) => rule !== 'under-mean')
  return { verdict: rules.length > 0 ? 'needs-review' : 'accepted', rules }
}

/** The register that an estimate puts at the end of a period: its start and the mean of what was read before (policy "estimate"). */
export function estimatedRegister(input: { connection: BilledConnection; windows: BillingWindows; rules: PlantRules }): {
  serial: string
  registerWh: number
} {
  const { connection, windows, rules } = input
  const { start, segments } = startOfPeriod(connection, windows, rules)
  const [first] = segments
  const days = segments.reduce((sum, segment) => sum + daysIn(segment), 0)
  const usedWh = estimateWh({
    lastConsumptions: connection.history,
    expectedKwh: first?.terms.expectedKwh ?? 0,
    days,
    daysInPeriod: daysIn(windows.postpaid),
    policy: rules.policy,
  })
  return { serial: start.serial, registerWh: start.registerWh + usedWh }
}

function startOfPeriod(connection: BilledConnection, { postpaid: period }: BillingWindows, { zone }: PlantRules) {
  const supplied = suppliedSegments({ period, ...connection })
  const start = startRegister({ ...connection, period: meteredDays(supplied, period), zone })
  if (start === undefined) throw new DomainError('READING_MISSING', 'No meter is installed')
  return { start, segments: supplied.filter(({ terms }) => terms.mode === 'postpaid') }
}
