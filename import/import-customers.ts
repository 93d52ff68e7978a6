import type { Db, Tx } from '../db/client.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import {
  findKnownCustomers,
  findKnownMeters,
  findKnownPersons,
  insertImportedCustomers,
  type ImportMoment,
  type KnownCustomer,
} from '../db/queries/import.ts'
import { listPackages } from '../db/queries/places.ts'
import { packageTerms, readPlant } from '../db/queries/plants.ts'
import { addDuration, dateAt } from '../domain/calendar.ts'
import { periodContaining, previousPeriod } from '../domain/period.ts'
import type { CsvFile } from './csv-rows.ts'
import { checkCustomers, type CustomerRow, differences, type PlantFacts } from './customers-file.ts'
import type { Problem } from './problems.ts'

export interface ImportWish {
  readonly plant: string
  readonly file: CsvFile
  /** `all-or-nothing` takes in nothing while anything is wrong; `keep-good` takes in the good rows. */
  readonly mode: 'all-or-nothing' | 'keep-good'
  /** Business time of the import. */
  readonly asOf: string
}

export interface ImportReport {
  readonly taken: number
  /** Rows that were taken in before, just so: nothing was done for them. */
  readonly unchanged: number
  readonly problems: readonly Problem[]
}

/** Rows of one transaction when good rows are kept. */
const BATCH = 50

/**
 * Takes in the customers of a file, and lists everything that is wrong with it. Repeating an import changes nothing. NOT_FOUND
 * for an unknown plant.
 */
export async function importCustomers(db: Db, wish: ImportWish): Promise<ImportReport> {
  const { facts, moment } = await plantFacts(db, wish)
  const checked = checkCustomers(wish.file, facts)
  const known = await compareWithBooks(db, checked.rows, { file: wish.file.name, plant: wish.plant })
  const problems = [...checked.problems, ...known.problems].toSorted((a, b) => a.line - b.line)
  const { fresh, unchanged } = known
  if (problems.length > 0 && wish.mode === 'all-or-nothing') return { taken: 0, unchanged, problems }
  const size = wish.mode === 'keep-good' ? BATCH : Math.max(fresh.length, 1)
  for (let at = 0; at < fresh.length; at += size) {
    await inTransaction(db, (tx) => insertImportedCustomers(tx, fresh.slice(at, at + size), moment))
  }
  return { taken: fresh.length, unchanged, problems }
}

async function plantFacts(db: Db, { plant, asOf }: ImportWish): Promise<{ facts: PlantFacts; moment: ImportMoment }> {
  const { zone, currency, policy } = await readPlant(db, plant, asOf)
  const today = dateAt(asOf, zone)
  const poles = await db.selectFrom('poles').select('pole').where('plant', '=', plant).execute()
  const feeders = await db.selectFrom('feeders').select('feeder').where('plant', '=', plant).execute()
  const packages = await listPackages(db, [plant], { on: today })
  // Dues are from the bill of the last period but one, which was issued when the last one began: it alone can be overdue.
  const lastPeriod = previousPeriod(periodContaining(today, policy.anchorDay), policy.anchorDay)
  return {
    facts: {
      plant,
      currency,
      today,
      poles: new Set(poles.map(({ pole }) => pole)),
      feeders: new Set(feeders.map(({ feeder }) => feeder)),
      packages: packages.map(packageTerms),
    },
    moment: { plant, currency, asOf, today, duesDueOn: addDuration(lastPeriod.from, policy.postpaid.dueAfter) },
  }
}

interface Compared {
  readonly fresh: CustomerRow[]
  readonly unchanged: number
  readonly problems: Problem[]
}

/** Tells rows that are new from those taken in before, and from those that contradict what stands in the books. */
async function compareWithBooks(
  db: Db | Tx,
  rows: readonly CustomerRow[],
  { file, plant }: { file: string; plant: string },
): Promise<Compared> {
  const customers = new Map(
    (
      await findKnownCustomers(
        db,
        rows.map(({ customerId }) => customerId),
      )
    ).map((one) => [one.customerId, one]),
  )
  const meters = new Map(
    (
      await findKnownMeters(
        db,
        rows.map(({ serial }) => serial),
      )
    ).map((one) => [one.serial, one]),
  )
  const persons = new Map(
    (await findKnownPersons(db, [...new Set(rows.map(({ personId }) => personId))])).map((one) => [one.personId, one]),
  )
  const compared: Compared = { fresh: [], unchanged: 0, problems: [] }
  let unchanged = 0
  for (const row of rows) {
    const refuse = (column: string, reason: string): void => void compared.problems.push({ file, line: row.line, column, reason })
    const before = compared.problems.length
    const known = customers.get(row.customerId)
    const person = persons.get(row.personId)
    if (person !== undefined && person.plant !== plant) refuse('person_id', `is somebody at ${person.plant}`)
    else if (person !== undefined)
      for (const column of differences(person, row)) refuse(column, 'the person is known with another')
    if (known !== undefined) for (const [column, reason] of contradictions(known, row)) refuse(column, reason)
    else if (meters.has(row.serial)) refuse('meter_serial', `is known already, as ${meters.get(row.serial)?.state ?? ''}`)
    if (compared.problems.length > before) continue
    if (known === undefined) compared.fresh.push(row)
    else unchanged += 1
  }
  return { ...compared, unchanged }
}

/** Where a row says something else than what was taken in under its ID. Its package may have changed since. */
function contradictions(known: KnownCustomer, row: CustomerRow): [string, string][] {
  if (!known.isImported) return [['customer_id', 'is a customer who did not come by an import']]
  const was: [string, unknown, unknown][] = [
    ['person_id', known.personId, row.personId],
    ['meter_serial', known.serial, row.serial],
    ['opening_reading_wh', known.startRegisterWh, row.openingRegisterWh],
    ['deposit_held_minor', known.depositMinor, row.depositMinor],
    ['opening_dues_minor', known.duesMinor, row.duesMinor],
  ]
  return was.flatMap(([column, before, now]) => (before === now ? [] : [[column, `was taken in before as ${String(before)}`]]))
}
