import pino from 'pino'
import { loadConfig, tellConfigError } from '../config.ts'
import { migrateToLatest } from '../db/migrate.ts'

/** The one-shot process before all others: brings the database up to date as the owner of its tables, and ends. */
async function main(): Promise<void> {
  const config = loadConfig(['migration', 'log'])
  const log = pino({ name: 'migrate', level: config.log.level })
  const applied = await migrateToLatest(config.migration.url)
  log.info({ applied }, 'the database is up to date')
}

/** A database that is not there is named in one line; what a migration met is thrown whole. */
function tellIfAway(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!AWAY.includes(code)) return tellConfigError(error)
  console.error(`The database does not answer (${code}): look at MIGRATION_DATABASE_URL or DATABASE_URL`)
  process.exitCode = 1
}

const AWAY = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'EAI_AGAIN']

await main().catch(tellIfAway)
