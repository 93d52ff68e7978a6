// `npm run import -- --plant BHKATS --customers file.csv`: takes in the customers of a plant that another system kept.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError, loadConfig } from '../../../config.ts'
import { createDatabase } from '../../../db/client.ts'
import { businessNow, readClock } from '../../../db/queries/clock.ts'
import { isDomainError } from '../../../domain/errors.ts'
import type { CsvFile } from './csv-rows.ts'
import { importCustomers, type ImportReport } from './import-customers.ts'
import { problemText } from './problems.ts'

const HELP = `npm run import -- --plant PLANT --customers FILE [options]

  --all-or-nothing  take in nothing while anything is wrong (the default)
  --keep-good       take in the good rows and list the others
  --help            this text
  --json            one JSON object on stdout: {"taken":…,"unchanged":…,"problems":[{"file":…,"line":…,"column":…,"reason":…}]}

DATABASE_URL names the database. The plant must be there.
Ends with 0 when the whole file stands in the books, 2 when rows were refused, 1 when the import could not be tried.`

interface Asked {
  readonly plant: string
  readonly customers: string
  readonly keepGood: boolean
  readonly json: boolean
}

function asked(): Asked | undefined {
  const { values } = parseArgs({
    options: {
      plant: { type: 'string' },
      customers: { type: 'string' },
      'keep-good': { type: 'boolean' },
      'all-or-nothing': { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  const { plant, customers } = values
  if (values.help === true) return undefined
  if (plant === undefined || customers === undefined)
    throw new Error('--plant and --customers are needed (--help tells the rest)')
  if (values['keep-good'] === true && values['all-or-nothing'] === true)
    throw new Error('--keep-good or --all-or-nothing, not both')
  return { plant, customers, keepGood: values['keep-good'] === true, json: values.json === true }
}

async function runImport({ plant, customers, keepGood }: Asked): Promise<ImportReport> {
  const file: CsvFile = { name: path.basename(customers), bytes: readFileSync(customers) }
  const { database } = loadConfig(['database'])
  const db = createDatabase(database.url)
  try {
    if ((await readClock(db, plant)).length === 0) throw new Error(`There is no plant ${plant}.`)
    const asOf = await businessNow(db, plant, Date.now())
    return await importCustomers(db, { plant, file, mode: keepGood ? 'keep-good' : 'all-or-nothing', asOf })
  } finally {
    await db.destroy()
  }
}

function tell({ taken, unchanged, problems }: ImportReport, json: boolean): void {
  if (json) return console.log(JSON.stringify({ taken, unchanged, problems }))
  for (const problem of problems) console.error(problemText(problem))
  console.log(`${taken} taken in, ${unchanged} there already, ${problems.length} problems`)
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
  else {
    const report = await runImport(wish)
    tell(report, wish.json)
    process.exitCode = report.problems.length > 0 ? 2 : 0
  }
} catch (error) {
  // What can be expected reads as a line: a wrong option, a file or a setting that is missing, a plant nobody knows.
  console.error(expectedReason(error) ?? error)
  process.exitCode = 1
}
