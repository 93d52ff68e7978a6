// `npm run import -- --help`: sets up a plant from its files, and takes in the customers that another system kept.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError, loadConfig } from '../config.ts'
import { createDatabase, type Db } from '../db/client.ts'
import { businessNow, readClock } from '../db/queries/clock.ts'
import { isDomainError } from '../domain/errors.ts'
import type { CsvFile } from './csv-rows.ts'
import { importCustomers, type ImportReport } from './import-customers.ts'
import { newPlant, type NewPlant } from './new-plant.ts'
import { type Problem, problemText } from './problems.ts'

const HELP = `npm run import -- --new-plant FOLDER
npm run import -- --plant PLANT --customers FILE [options]

  --new-plant FOLDER  set up a plant from plant.csv, feeders.csv, poles.csv, packages.csv, staff.csv and stock.csv, and
                      print the passwords of its staff, once. A plant that is there is left as it is.
  --customers FILE    take in a plant's customers; the plant must be there
  --all-or-nothing    take in nothing while anything is wrong (the default)
  --keep-good         take in the good rows and list the others
  --json              one JSON object on stdout: {"taken":…,"unchanged":…,"problems":[{"file":…,"line":…,"column":…,"reason":…}]},
                      or {"plant":…,"isNew":…,"logIns":[{"login":…,"password":…}],"problems":[…]}
  --help              this text

DATABASE_URL names the database.
Ends with 0 when everything in the files stands, 2 when rows were refused, 1 when it could not be tried.`

type Asked =
  | { readonly json: boolean; readonly newPlant: string }
  | { readonly json: boolean; readonly plant: string; readonly customers: string; readonly keepGood: boolean }

function asked(): Asked | undefined {
  const { values } = parseArgs({
    options: {
      'new-plant': { type: 'string' },
      plant: { type: 'string' },
      customers: { type: 'string' },
      'keep-good': { type: 'boolean' },
      'all-or-nothing': { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  const { 'new-plant': folder, plant, customers, json = false } = values
  if (values.help === true) return undefined
  if (folder !== undefined && plant === undefined && customers === undefined) return { newPlant: folder, json }
  if (folder !== undefined || plant === undefined || customers === undefined)
    throw new Error('Either --new-plant, or --plant and --customers are needed (--help tells the rest)')
  if (values['keep-good'] === true && values['all-or-nothing'] === true)
    throw new Error('--keep-good or --all-or-nothing, not both')
  return { plant, customers, keepGood: values['keep-good'] === true, json }
}

async function takeIn(db: Db, wish: Extract<Asked, { plant: string }>): Promise<ImportReport> {
  const { plant, customers, keepGood } = wish
  const file = fileAt(customers)
  if ((await readClock(db, plant)).length === 0) throw new Error(`There is no plant ${plant}.`)
  const asOf = await businessNow(db, plant, Date.now())
  return importCustomers(db, { plant, file, mode: keepGood ? 'keep-good' : 'all-or-nothing', asOf })
}

function fileAt(name: string): CsvFile {
  return { name: path.basename(name), bytes: readFileSync(name) }
}

function tellTaken({ taken, unchanged, problems }: ImportReport): void {
  tellProblems(problems)
  console.log(`${taken} taken in, ${unchanged} there already, ${problems.length} problems`)
}

function tellPlant({ plant, isNew, logIns, problems }: NewPlant): void {
  tellProblems(problems)
  if (plant === undefined) console.log(`Nothing was set up: ${problems.length} problems`)
  else if (!isNew) console.log(`${plant} is there already; nothing was changed`)
  else console.log(`${plant} is set up. Passwords, shown this once:`)
  for (const { login, password } of logIns) console.log(`  ${login}  ${password}`)
}

function tellProblems(problems: readonly Problem[]): void {
  for (const problem of problems) console.error(problemText(problem))
}

/** Does what was asked, tells of it, and returns the exit code. */
async function run(wish: Asked): Promise<number> {
  const db = createDatabase(loadConfig(['database']).database.url)
  try {
    if ('newPlant' in wish) {
      const made = await newPlant(db, (name) => fileAt(path.join(wish.newPlant, `${name}.csv`)), new Date())
      if (wish.json) console.log(JSON.stringify(made))
      else tellPlant(made)
      return made.problems.length > 0 ? 2 : 0
    }
    const report = await takeIn(db, wish)
    if (wish.json) console.log(JSON.stringify(report))
    else tellTaken(report)
    return report.problems.length > 0 ? 2 : 0
  } finally {
    await db.destroy()
  }
}

function expectedReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error ? String(error.code) : ''
  // A database that does not answer at any of its addresses leaves no message.
  if (code !== '') return error.message === '' ? code : error.message
  return error instanceof ConfigError || isDomainError(error) || error.constructor === Error ? error.message : undefined
}

try {
  const wish = asked()
  if (wish === undefined) console.log(HELP)
  else process.exitCode = await run(wish)
} catch (error) {
  // What can be expected reads as a line: a wrong option, a file or a setting that is missing, a plant nobody knows.
  console.error(expectedReason(error) ?? error)
  process.exitCode = 1
}
