import pino from 'pino'
import { loadConfig } from '../config.ts'
import { migrateToLatest } from '../db/migrate.ts'

/** The one-shot process before all others: brings the database up to date as the owner of its tables, and ends. */
async function main(): Promise<void> {
  const config = loadConfig(['migration', 'log'])
  const log = pino({ name: 'migrate', level: config.log.level })
  const applied = await migrateToLatest(config.migration.url)
  log.info({ applied }, 'the database is up to date')
}

await main()
