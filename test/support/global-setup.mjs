// Once per run, before any test file: a database server. The template database is made by the first file that wants one.
import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort } from '../../dev/stack/ports.mjs'
import { ensureRoles, startPostgres } from '../../dev/stack/postgres.mjs'
import { ownServer } from './own-server.mjs'

// A test database may forget everything at a power failure; that makes it several times faster.
const fast = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']

export default async function setUp() {
  process.env.DIYA_TEST_RUN = `${process.pid}_${Date.now().toString(36)}`
  process.env.DIYA_TEST_SERVER = process.env.DATABASE_URL || (await startOwnServer())
  await ensureRoles(process.env.DIYA_TEST_SERVER)
}

async function startOwnServer() {
  const dir = mkdtempSync(path.join(tmpdir(), 'diya-test-'))
  chmodSync(dir, 0o755) // As root the server runs as somebody else, who must be able to enter.
  const options = {
    dataDir: path.join(dir, 'postgres'),
    port: await freePort(),
    settings: fast,
    logFile: path.join(dir, 'postgres.log'),
  }
  const server = await startPostgres(options)
  ownServer.dir = dir
  ownServer.stop = server.stop
  return server.url
}
