import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createDatabase, type Db } from '../../../db/client.ts'
import { migrateToLatest } from '../../../db/migrate.ts'
import { freePort } from '../../../dev/stack/ports.mjs'
import { ensureDatabase, ensureRoles, roles, serverUrl, startPostgres } from '../../../dev/stack/postgres.mjs'

/** A database server of a test's own, which it may stop and start without harm to others. */
export interface OwnDatabase {
  readonly url: string
  readonly db: Db
  /** Stops it: every session is cut in the middle of whatever it does. */
  stop(): Promise<void>
  start(): Promise<void>
  /** Stops it for good and removes what it wrote. */
  close(): Promise<void>
}

/** A migrated, empty one. It writes to disk as in production: what it has committed it must still have after a stop. */
export async function ownDatabase(): Promise<OwnDatabase> {
  const dir = mkdtempSync(path.join(tmpdir(), 'diya-database-'))
  chmodSync(dir, 0o755) // As root the server runs as somebody else, who must be able to enter.
  const port = await freePort()
  const options = { dataDir: path.join(dir, 'postgres'), port, logFile: path.join(dir, 'postgres.log') }
  let server = await startPostgres(options)
  await ensureRoles(server.url)
  await ensureDatabase(server.url, 'diya')
  await migrateToLatest(serverUrl(port, { user: roles.owner, database: 'diya' }))
  const url = serverUrl(port, { user: roles.app, database: 'diya' })
  const db = createDatabase(url)
  return {
    url,
    db,
    stop: () => server.stop(),
    start: async () => {
      server = await startPostgres(options)
    },
    close: async () => {
      await db.destroy()
      await server.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
