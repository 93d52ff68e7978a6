import { isLocalTime, minutesOf } from './calendar.ts'
import type { LocalTime } from './calendar.ts'
import { DomainError } from './errors.ts'
import { divideHalfUp, minorPerUnit } from './money.ts'

/** Kinds of meter (policy "which meter"). */
export const METER_KINDS = ['smart', 'conventional', 'load_limiter'] as const
export type MeterKind = (typeof METER_KINDS)[number]

/** Night only, full day, day only. */
export type PackageTiming = 'NN' | 'FD' | 'DO'
export type PackageMode = 'prepaid' | 'postpaid'

/** A package version as it was sold: immutable, copied into every bill (manual 2.2.1, billing.md rules 13 and 14). */
export type PackageTerms = {
  readonly code: string
  readonly version: number
  readonly mode: PackageMode
  readonly timing: PackageTiming
  readonly activeFrom: LocalTime
  readonly activeTo: LocalTime
  readonly loadLimitW: number
  readonly fixedChargeMinor: number
  readonly energyRateMinorPerKwh: number
  readonly expectedKwh: number
  readonly meterKinds: readonly MeterKind[]
}

/** What figure 10's text says. */
export type PackageTextParts = Pick<
  PackageTerms,
  'code' | 'mode' | 'timing' | 'loadLimitW' | 'fixedChargeMinor' | 'energyRateMinorPerKwh'
>

/** The live hours that go with a timing, unless the package says otherwise (katsa-packages.csv). */
export const TIMING_HOURS = {
  NN: { activeFrom: '18:00', activeTo: '06:00' },
  FD: { activeFrom: '00:00', activeTo: '24:00' },
  DO: { activeFrom: '06:00', activeTo: '18:00' },
} as const satisfies Record<PackageTiming, { activeFrom: LocalTime; activeTo: LocalTime }>

const TEXT = /^([AB])(\d\.\d) \((NN|FD|DO)\) \/ (\d{1,7}) \/ (\d{1,9})(?:\+(\d{1,6})u)?$/
const CODE = /^[AB]\d\.\d$/
const MINUTES_PER_DAY = 1440

/** The text a customer sees, `B1.1 (FD) / 500 / 50+18u`: whole units, half up; exact amounts stay in the terms (figure 10). */
export function packageText(terms: Omit<PackageTextParts, 'mode'>, currency: string): string {
  const rate = terms.energyRateMinorPerKwh > 0 ? `+${whole(terms.energyRateMinorPerKwh, currency)}u` : ''
  return `${terms.code} (${terms.timing}) / ${terms.loadLimitW} / ${whole(terms.fixedChargeMinor, currency)}${rate}`
}

/** Reads figure 10's text; `A` is pre-paid, `B` post-paid. Throws PACKAGE_UNKNOWN for anything else. */
export function parsePackageText(text: string, currency: string): PackageTextParts {
  const [, letter, type, timing, watts, fixed, rate] = TEXT.exec(text) ?? []
  if (!letter || !timing)
    throw new DomainError('PACKAGE_UNKNOWN', 'A package reads like B1.1 (FD) / 500 / 50+18u', { text: text.slice(0, 60) })
  const unit = minorPerUnit(currency)
  return {
    code: `${letter}${type}`,
    mode: letter === 'A' ? 'prepaid' : 'postpaid',
    timing: timing as PackageTiming,
    loadLimitW: Number(watts),
    fixedChargeMinor: Number(fixed) * unit,
    energyRateMinorPerKwh: Number(rate ?? 0) * unit,
  }
}

/** Returns the terms when they fit together (letter and mode, hours, whole amounts, a meter), else throws INVALID_INPUT. */
export function checkPackageTerms(terms: PackageTerms): PackageTerms {
  const wrong = packageFaults(terms)
  if (wrong.length > 0) throw new DomainError('INVALID_INPUT', `Package terms: ${wrong.join(', ')}`)
  return terms
}

/** True when a meter of that kind may serve the package (policy "which meter"). */
export function meterFits(terms: Pick<PackageTerms, 'meterKinds'>, meterKind: MeterKind): boolean {
  return terms.meterKinds.includes(meterKind)
}

/** Above zero when `to` gives more than `from`: by load limit, then hours a day, then fixed charge; zero when alike. */
export function comparePackages(from: PackageTerms, to: PackageTerms): number {
  const more = to.loadLimitW - from.loadLimitW || promisedHoursPerDay(to) - promisedHoursPerDay(from)
  return Math.sign(more || to.fixedChargeMinor - from.fixedChargeMinor)
}

/** True when `to` gives more than `from` (policy "package change": upgrades any time). */
export function isUpgrade(from: PackageTerms, to: PackageTerms): boolean {
  return comparePackages(from, to) > 0
}

/** True when `to` gives less than `from` (policy "package change": once in 3 periods). */
export function isDowngrade(from: PackageTerms, to: PackageTerms): boolean {
  return comparePackages(from, to) < 0
}

/** True when the supply should be live at a plant-local time; the hours are half-open and may pass midnight. */
export function isWithinHours(terms: Pick<PackageTerms, 'activeFrom' | 'activeTo'>, localTime: LocalTime): boolean {
  const now = minutesOf(localTime) % MINUTES_PER_DAY
  const from = minutesOf(terms.activeFrom)
  const to = minutesOf(terms.activeTo)
  return from < to ? now >= from && now < to : now >= from || now < to
}

/** Hours a day the package promises supply. */
export function promisedHoursPerDay(terms: Pick<PackageTerms, 'activeFrom' | 'activeTo'>): number {
  const minutes = minutesOf(terms.activeTo) - minutesOf(terms.activeFrom)
  return (minutes > 0 ? minutes : minutes + MINUTES_PER_DAY) / 60
}

function packageFaults(terms: PackageTerms): string[] {
  const counts = {
    version: terms.version,
    loadLimitW: terms.loadLimitW,
    fixedChargeMinor: terms.fixedChargeMinor,
    rate: terms.energyRateMinorPerKwh,
  }
  const faults = Object.entries({ ...counts, expectedKwh: terms.expectedKwh })
    .filter(([, n]) => !Number.isSafeInteger(n) || n < 0)
    .map(([name]) => name)
  if (!CODE.test(terms.code)) faults.push('code')
  if (terms.mode !== (terms.code.startsWith('A') ? 'prepaid' : 'postpaid')) faults.push('mode')
  if (!isLocalTime(terms.activeFrom) || !isLocalTime(terms.activeTo) || terms.activeFrom === terms.activeTo) faults.push('hours')
  if (terms.loadLimitW === 0) faults.push('loadLimitW is 0')
  if (terms.meterKinds.length === 0 || terms.meterKinds.some((kind) => !METER_KINDS.includes(kind))) faults.push('meterKinds')
  return faults
}

function whole(amountMinor: number, currency: string): number {
  return divideHalfUp(BigInt(amountMinor), BigInt(minorPerUnit(currency)))
}
