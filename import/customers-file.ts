import { isIsoDate } from '../domain/calendar.ts'
import { CUSTOMER_CATEGORIES } from '../domain/category.ts'
import { isCustomerId } from '../domain/ids.ts'
import { METER_KINDS, meterFits, packageText } from '../domain/package.ts'
import type { MeterKind, PackageTerms } from '../domain/package.ts'
import { type Cells, cellsOf } from './cells.ts'
import { type CsvFile, type CsvRow, readCsv } from './csv-rows.ts'
import { SERIAL } from './plant-files.ts'
import { type Problem, shown } from './problems.ts'

/** Columns of a customers file; more are passed over (the village's own say what its simulated meters live). */
export const CUSTOMER_COLUMNS = [
  'customer_id',
  'person_id',
  'name',
  'name_hi',
  'phone',
  'language',
  'category',
  'address',
  'pole',
  'feeder',
  'package_id',
  'meter_kind',
  'meter_serial',
  'opening_reading_wh',
  'deposit_held_minor',
  'opening_dues_minor',
  'connected_on',
] as const

/** A connected customer to be taken in: who, where, under which terms, and what the books begin with. */
export interface CustomerRow {
  readonly line: number
  readonly customerId: string
  readonly personId: string
  readonly name: string
  readonly nameHi: string | null
  readonly phone: string | null
  readonly language: 'en' | 'hi'
  readonly category: string
  readonly address: string
  readonly pole: string
  readonly connectionNumber: number
  readonly feeder: string
  readonly packageCode: string
  readonly packageVersion: number
  readonly meterKind: MeterKind
  readonly serial: string
  readonly openingRegisterWh: number
  readonly depositMinor: number
  readonly duesMinor: number
  readonly connectedOn: string
}

/** What the plant has, for the rows to be held against. */
export interface PlantFacts {
  readonly plant: string
  readonly currency: string
  /** The plant's date: nobody was connected after it. */
  readonly today: string
  readonly poles: ReadonlySet<string>
  readonly feeders: ReadonlySet<string>
  /** Those on offer. */
  readonly packages: readonly PackageTerms[]
}

export interface CheckedCustomers {
  readonly rows: readonly CustomerRow[]
  readonly problems: readonly Problem[]
}

const PERSON = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/
const LANGUAGES = ['en', 'hi'] as const

/** Holds every row against the plant and against the rows before it. What only the database knows is for the import. */
export function checkCustomers(file: CsvFile, facts: PlantFacts): CheckedCustomers {
  const { rows, problems: structural } = readCsv(file, CUSTOMER_COLUMNS)
  const problems = [...structural]
  const earlier = createEarlierRows()
  const good: CustomerRow[] = []
  for (const row of rows) {
    const cells = cellsOf(row, problems)
    const customer = readCustomer(row, cells, facts)
    earlier.compare(customer, cells)
    if (cells.isGood()) good.push(customer)
  }
  return { rows: good, problems }
}

function readCustomer({ line }: CsvRow, cells: Cells, facts: PlantFacts): CustomerRow {
  const place = readPlace(cells, facts)
  const supply = readSupply(cells, facts)
  const connectedOn = cells.date('connected_on')
  if (isIsoDate(connectedOn) && connectedOn > facts.today) cells.refuse('connected_on', `is later than today, ${facts.today}`)
  const nameHi = cells.text('name_hi', { max: 200, optional: true })
  return {
    line,
    ...place,
    ...supply,
    personId: cells.matching('person_id', PERSON, 'letters and digits'),
    name: cells.text('name', { max: 200 }),
    nameHi: nameHi === '' ? null : nameHi,
    phone: cells.phone('phone'),
    language: cells.oneOf('language', LANGUAGES),
    category: cells.oneOf('category', CUSTOMER_CATEGORIES),
    address: cells.text('address', { max: 500, optional: true }),
    openingRegisterWh: cells.whole('opening_reading_wh'),
    depositMinor: cells.whole('deposit_held_minor'),
    duesMinor: cells.whole('opening_dues_minor'),
    connectedOn,
  }
}

/** The ID is plant, pole and number, and the pole and the feeder are there (figure 12). */
function readPlace(cells: Cells, { plant, poles, feeders }: PlantFacts) {
  const customerId = cells.matching('customer_id', /^[A-Z]{6}\d{5}$/, 'plant, pole and connection like BHKATS01112')
  const pole = cells.matching('pole', /^\d{3}$/, 'three digits')
  const feeder = cells.matching('feeder', /^[A-Z][A-Z0-9]{0,9}$/, 'a feeder like F1')
  if (customerId !== '' && /^[A-Z]{6}\d{5}$/.test(customerId)) {
    if (!customerId.startsWith(plant)) cells.refuse('customer_id', `is not of plant ${plant}`)
    else if (!isCustomerId(customerId)) cells.refuse('customer_id', 'poles and connections are numbered from 1')
    else if (/^\d{3}$/.test(pole) && customerId.slice(6, 9) !== pole)
      cells.refuse('customer_id', `says pole ${customerId.slice(6, 9)}, the row says ${pole}`)
  }
  if (/^\d{3}$/.test(pole) && !poles.has(pole)) cells.refuse('pole', `the plant has no pole ${pole}`)
  if (/^[A-Z]/.test(feeder) && !feeders.has(feeder)) cells.refuse('feeder', `the plant has no feeder ${shown(feeder)}`)
  return { customerId, pole, feeder, connectionNumber: Number(customerId.slice(9)) }
}

/** The package is one on offer, and the meter may serve it (policy "which meter"). */
function readSupply(cells: Cells, { packages, currency }: PlantFacts) {
  const text = cells.text('package_id', { max: 60 })
  const meterKind = cells.oneOf('meter_kind', METER_KINDS)
  const serial = cells.matching('meter_serial', SERIAL, 'a serial of 4 to 20 capital letters and digits')
  const terms = packages.find((one) => packageText(one, currency) === text)
  if (terms === undefined && text !== '') cells.refuse('package_id', `the plant offers no ${shown(text)}`)
  if (terms !== undefined && METER_KINDS.includes(meterKind) && !meterFits(terms, meterKind))
    cells.refuse('meter_kind', `${terms.code} is served by ${terms.meterKinds.join(' or ')}`)
  return { packageCode: terms?.code ?? '', packageVersion: terms?.version ?? 0, meterKind, serial }
}

/** A customer ID and a serial come once; a person may come again, as the same person. */
function createEarlierRows() {
  const customerIds = new Map<string, number>()
  const serials = new Map<string, number>()
  const persons = new Map<string, CustomerRow>()
  const once = (
    seen: Map<string, number>,
    { cells, column, key, line }: { cells: Cells; column: string; key: string; line: number },
  ): void => {
    const before = seen.get(key)
    if (before !== undefined) cells.refuse(column, `is on line ${before} already`)
    else if (key !== '') seen.set(key, line)
  }
  return {
    compare(row: CustomerRow, cells: Cells): void {
      once(customerIds, { cells, column: 'customer_id', key: row.customerId, line: row.line })
      once(serials, { cells, column: 'meter_serial', key: row.serial, line: row.line })
      const before = persons.get(row.personId)
      if (before === undefined) persons.set(row.personId, row)
      else
        for (const column of differences(before, row))
          cells.refuse(column, `is another than on line ${before.line} for the same person`)
    },
  }
}

type Person = Pick<CustomerRow, 'name' | 'nameHi' | 'phone'>

/** Columns in which two rows of one person differ. The language is a wish: the first one stands. */
export function differences(a: Person, b: Person): string[] {
  const columns = {
    name: a.name === b.name,
    name_hi: a.nameHi === b.nameHi,
    phone: a.phone === b.phone,
  }
  return Object.entries(columns).flatMap(([column, same]) => (same ? [] : [column]))
}
