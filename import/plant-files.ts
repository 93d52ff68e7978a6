import { isLocalTime } from '../domain/calendar.ts'
import { isPlantCode } from '../domain/ids.ts'
import { METER_KINDS, parsePackageText, TIMING_HOURS } from '../domain/package.ts'
import type { MeterKind, PackageMode, PackageTerms, PackageTiming } from '../domain/package.ts'
import { ROLES } from '../domain/roles.ts'
import type { Role } from '../domain/roles.ts'
import { isDomainError } from '../domain/errors.ts'
import { minorPerUnit } from '../domain/money.ts'
import { type Cells, cellsOf } from './cells.ts'
import { type CsvFile, readCsv } from './csv-rows.ts'
import type { Problem } from './problems.ts'

/** Rows that are good by themselves, and everything that is wrong with the others. */
export interface Checked<T> {
  readonly rows: readonly T[]
  readonly problems: readonly Problem[]
}

export interface PlantRow {
  readonly plant: string
  readonly state: string
  readonly name: string
  readonly cluster: string
  readonly timeZone: string
  readonly currency: string
  readonly capacityW: number
}
export interface FeederRow {
  readonly feeder: string
  readonly capacityW: number
}
export interface PoleRow {
  readonly pole: string
  readonly feeder: string
  readonly lat: number | null
  readonly lon: number | null
}
export interface StaffRow {
  readonly login: string
  readonly name: string
  readonly role: Exclude<Role, 'customer'>
  readonly scope: string
}
export interface StockRow {
  readonly serial: string
  readonly kind: MeterKind
}

const FEEDER = /^[A-Z][A-Z0-9]{0,9}$/
const POLE = /^(?!000)[0-9]{3}$/
export const SERIAL = /^[A-Z0-9]{4,20}$/
const LOGIN = /^[a-z][a-z0-9._-]{1,31}$/
const SCOPE = /^([A-Z]{6}|cluster:.+|state:[A-Z]{2}|[*])$/
const STAFF_ROLES = ROLES.filter((role): role is StaffRow['role'] => role !== 'customer')

/** The one plant of `katsa-plant.csv`. */
export function checkPlant(file: CsvFile): Checked<PlantRow> {
  return checkRows(
    { file, columns: ['plant', 'state', 'name', 'cluster', 'time_zone', 'currency', 'capacity_w'], key: 'plant' },
    (cells) => {
      const row = {
        plant: cells.matching('plant', /^[A-Z]{6}$/, 'state and plant code, six letters'),
        state: cells.matching('state', /^[A-Z]{2}$/, 'two letters'),
        name: cells.text('name', { max: 100 }),
        cluster: cells.text('cluster', { max: 100 }),
        timeZone: cells.text('time_zone', { max: 60 }),
        currency: cells.matching('currency', /^[A-Z]{3}$/, 'an ISO 4217 code'),
        capacityW: cells.whole('capacity_w', { least: 1 }),
      }
      if (isPlantCode(row.plant) && !row.plant.startsWith(row.state)) cells.refuse('plant', 'does not begin with its state')
      if (cells.isGood() && !isZone(row.timeZone)) cells.refuse('time_zone', 'is no zone of the time zone database')
      if (cells.isGood() && !isCurrency(row.currency)) cells.refuse('currency', 'is not known')
      return row
    },
  )
}

/** Feeders of the plant. */
export function checkFeeders(file: CsvFile, plant: string): Checked<FeederRow> {
  return checkRows({ file, columns: ['plant', 'feeder', 'capacity_w'], key: 'feeder', plant }, (cells) => ({
    feeder: cells.matching('feeder', FEEDER, 'a feeder like F1'),
    capacityW: cells.whole('capacity_w', { least: 1 }),
  }))
}

/** Poles of the plant, each on one of its feeders. */
export function checkPoles(file: CsvFile, { plant, feeders }: { plant: string; feeders: ReadonlySet<string> }): Checked<PoleRow> {
  return checkRows({ file, columns: ['plant', 'pole', 'feeder', 'lat', 'lon'], key: 'pole', plant }, (cells) => {
    const feeder = cells.matching('feeder', FEEDER, 'a feeder like F1')
    if (cells.isGood() && !feeders.has(feeder)) cells.refuse('feeder', 'is not among the feeders')
    return {
      pole: cells.matching('pole', POLE, 'three digits from 001'),
      feeder,
      lat: degrees(cells, 'lat', 90),
      lon: degrees(cells, 'lon', 180),
    }
  })
}

/** Packages: the text of figure 10 must say what the columns say (policy "Names and numbers"). */
export function checkPackages(file: CsvFile, currency: string): Checked<PackageTerms> {
  const columns = [
    'package_id',
    'mode',
    'timing',
    'active_hours',
    'load_limit_w',
    'fixed_charge_minor',
    'energy_rate_minor_per_kwh',
  ]
  return checkRows({ file, columns: [...columns, 'meter_kinds', 'expected_kwh'], key: 'package_id' }, (cells) => {
    const text = cells.text('package_id', { max: 60 })
    const hours = cells.matching('active_hours', /^\d\d:\d\d-\d\d:\d\d$/, 'hours like 18:00-06:00')
    const [activeFrom = '', activeTo = ''] = hours.split('-')
    if (hours !== '' && !(isLocalTime(activeFrom) && isLocalTime(activeTo))) cells.refuse('active_hours', 'is no time of day')
    const columnsSay = {
      mode: cells.oneOf<PackageMode>('mode', ['prepaid', 'postpaid']),
      timing: cells.oneOf<PackageTiming>('timing', Object.keys(TIMING_HOURS) as PackageTiming[]),
      loadLimitW: cells.whole('load_limit_w', { least: 1 }),
      fixedChargeMinor: cells.whole('fixed_charge_minor'),
      energyRateMinorPerKwh: cells.whole('energy_rate_minor_per_kwh'),
    }
    const expectedKwh = cells.whole('expected_kwh')
    const meterKinds = meterKindsOf(cells)
    const code = cells.isGood() ? codeOf(cells, { text, columnsSay, currency }) : ''
    return { code, version: 1, activeFrom, activeTo, expectedKwh, meterKinds, ...columnsSay }
  })
}

function codeOf(
  cells: Cells,
  { text, columnsSay, currency }: { text: string; columnsSay: Record<string, unknown>; currency: string },
): string {
  try {
    const { code, ...textSays } = parsePackageText(text, currency)
    // The text shows whole rupees; the columns keep the exact paise.
    const unit = minorPerUnit(currency)
    const rounded = (value: unknown): unknown => (typeof value === 'number' ? Math.round(value / unit) * unit : value)
    for (const [name, said] of Object.entries(textSays)) {
      const value = name.endsWith('Minor') || name.endsWith('PerKwh') ? rounded(columnsSay[name]) : columnsSay[name]
      if (value !== said) cells.refuse('package_id', `says ${name} ${String(said)}, the row says ${String(columnsSay[name])}`)
    }
    return code
  } catch (error) {
    if (!isDomainError(error)) throw error
    cells.refuse('package_id', error.message)
    return ''
  }
}

function meterKindsOf(cells: Cells): MeterKind[] {
  const kinds = cells.text('meter_kinds', { max: 100 }).split(/\s+/).filter(Boolean)
  if (kinds.some((kind) => !isMeterKind(kind))) cells.refuse('meter_kinds', `expected some of ${METER_KINDS.join(', ')}`)
  return kinds as MeterKind[]
}

/** Staff with role and scope. */
export function checkStaff(file: CsvFile): Checked<StaffRow> {
  return checkRows({ file, columns: ['login', 'name', 'role', 'scope'], key: 'login' }, (cells) => ({
    login: cells.matching('login', LOGIN, 'a log-in of small letters'),
    name: cells.text('name', { max: 100 }),
    role: cells.oneOf('role', STAFF_ROLES),
    scope: cells.matching('scope', SCOPE, 'a plant, cluster:…, state:… or *'),
  }))
}

/** Meters on the shelf. */
export function checkStock(file: CsvFile, plant: string): Checked<StockRow> {
  return checkRows({ file, columns: ['plant', 'meter_kind', 'serial', 'state'], key: 'serial', plant }, (cells) => {
    cells.oneOf('state', ['free'])
    return {
      kind: cells.oneOf('meter_kind', METER_KINDS),
      serial: cells.matching('serial', SERIAL, 'a serial of 4 to 20 letters and digits'),
    }
  })
}

interface Spec {
  readonly file: CsvFile
  readonly columns: readonly string[]
  /** Column that tells the rows apart. */
  readonly key: string
  /** The plant that the column `plant` must name, where there is one. */
  readonly plant?: string
}

/** Reads each row with `read`, and finds those that come twice. */
export function checkRows<T>({ file, columns, key, plant }: Spec, read: (cells: Cells) => T): Checked<T> {
  const { rows, problems: structural } = readCsv(file, columns)
  const problems = [...structural]
  const seen = new Map<string, number>()
  const good: T[] = []
  for (const row of rows) {
    const cells = cellsOf(row, problems)
    if (plant !== undefined && row.cells.plant?.trim() !== plant) cells.refuse('plant', `is not ${plant}`)
    const value = read(cells)
    const name = (row.cells[key] ?? '').trim()
    const before = seen.get(name)
    if (before !== undefined) cells.refuse(key, `is on line ${before} already`)
    else if (name !== '') seen.set(name, row.line)
    if (cells.isGood()) good.push(value)
  }
  return { rows: good, problems }
}

function degrees(cells: Cells, column: string, most: number): number | null {
  const cell = cells.text(column, { max: 20, optional: true })
  if (cell === '') return null
  const value = Number(cell)
  if (!/^-?\d{1,3}(\.\d+)?$/.test(cell) || Math.abs(value) > most) cells.refuse(column, `expected degrees up to ${most}`)
  return value
}

function isMeterKind(kind: string): kind is MeterKind {
  return (METER_KINDS as readonly string[]).includes(kind)
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

function isCurrency(currency: string): boolean {
  try {
    return minorPerUnit(currency) > 0
  } catch {
    return false
  }
}
