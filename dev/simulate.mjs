// `npm run simulate`: brings the servers up and hands over to simulate/cli.ts.
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { register } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { searchAttributes } from '../deploy/prepare-temporal.mjs'
import { checkoutDir } from './stack/cache.mjs'
import { endGuarded } from './stack/guardian.mjs'
import { freePort } from './stack/ports.mjs'
import { ensureDatabase, ensureRoles, roles, startPostgres, withClient } from './stack/postgres.mjs'
import { timeSkippingServer } from './stack/test-server.mjs'
import { workflowBundle } from './stack/workflow-bundle.mjs'

// What a simulation wrote may be gone after a power failure; that makes it several times faster.
const forgetful = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=256MB',
  'autovacuum_naptime=15s',
  // In its own folder: a socket takes a good part less time a statement than a port.
  'unix_socket_directories=.',
]

/** @type {string[]} */
const made = []
/** @type {{ url: string, socketDir?: string, stop: () => Promise<void> } | undefined} */
let server
// In place of Temporal's SDK the workflows get the queue of events; Temporal's own worker loads them from their bundle.
register(new URL('../dist/simulate/engine/stand-ins.js', import.meta.url))
const { asked, run } = await import(new URL('../dist/simulate/cli.js', import.meta.url).href)
const wish = readWish()
if (wish !== undefined) await simulate()

function readWish() {
  try {
    return asked(process.argv.slice(2))
  } catch (error) {
    // Nothing was started: what is wrong with the arguments reads as a line.
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
    return undefined
  }
}

async function simulate() {
  let isEnding = false
  // Stopped half-way it leaves nothing behind, neither a folder nor databases on somebody's server.
  const end = async () => {
    if (isEnding) return
    isEnding = true
    await server?.stop()
    await endGuarded()
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void end().finally(() => process.exit(130)))
  try {
    server = await startServer()
    process.exitCode = await run(wish, { freshDatabase, skippingServer })
  } catch (error) {
    // What is under way when it is stopped fails, and that is nobody's concern.
    if (!isEnding) console.error(error)
    process.exitCode = 1
  } finally {
    await end()
  }
}

async function startServer() {
  const { DATABASE_URL: url } = process.env
  if (url) return { url, stop: () => withClient(url, dropMade) }
  const dir = mkdtempSync(path.join(tmpdir(), 'diya-simulation-'))
  chmodSync(dir, 0o755) // As root the server runs as somebody else, who must be able to enter.
  const options = { dataDir: path.join(dir, 'postgres'), port: await freePort(), settings: forgetful }
  const embedded = await startPostgres({ ...options, logFile: path.join(dir, 'postgres.log') })
  const stop = async () => {
    await embedded.stop()
    rmSync(dir, { recursive: true, force: true })
  }
  return { url: embedded.url, socketDir: process.platform === 'win32' ? undefined : embedded.dataDir, stop }
}

/** @param {import('pg').Client} client */
async function dropMade(client) {
  for (const name of made) await client.query(`drop database if exists "${name}" with (force)`)
}

async function freshDatabase() {
  const url = server?.url ?? ''
  const name = `diya_simulation_${randomUUID().slice(0, 8)}`
  await ensureRoles(url)
  await ensureDatabase(url, name)
  made.push(name)
  return { ownerUrl: logIn(name, roles.owner), appUrl: logIn(name, roles.app) }
}

/** Temporal's time-skipping server, and the workflows as its worker takes them; timers are left there, never cancelled. */
async function skippingServer() {
  const interceptor = path.join(checkoutDir, 'simulate', 'temporal', 'lasting-timers.ts')
  const { codePath } = await workflowBundle(path.join(checkoutDir, 'workflows', 'index.ts'), [interceptor])
  return { server: timeSkippingServer(), codePath, searchAttributes }
}

/**
 * @param {string} name
 * @param {string} role
 */
function logIn(name, role) {
  const url = new URL(server?.url ?? '')
  const { socketDir } = server ?? {}
  url.username = role
  url.password = roles.password
  url.pathname = `/${name}`
  if (socketDir !== undefined) url.searchParams.set('host', socketDir)
  return url.href
}
