// Sees to it that no child outlives us. A process killed with -9 cannot clean up after itself; but the pipe to this little
// process then closes, and it ends the children in our place. Run as a program it is the guardian, imported it is the way to it.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const self = fileURLToPath(import.meta.url)
const graceMs = 8_000

/** @type {import('node:child_process').ChildProcess | undefined} */
let guardian

/** The process groups under watch now. @type {Set<number>} */
const guarded = new Set()

/**
 * Puts a child under the guardian's watch until it ends. It should lead a process group (`detached: true`): the whole group goes.
 * @param {import('node:child_process').ChildProcess} child
 */
export function guard(child) {
  if (!child.pid) return
  guardian ??= startGuardian()
  const { pid, exitCode } = child
  if (exitCode !== null) return
  guarded.add(pid)
  guardian.stdin?.write(`+${pid}\n`)
  child.once('exit', () => {
    guarded.delete(pid)
    guardian?.stdin?.write(`-${pid}\n`)
  })
}

/**
 * Ends what is still under watch: for the moment before we leave ourselves.
 * @param {number} [grace]  milliseconds before force
 */
export async function endGuarded(grace) {
  await endGroups([...guarded], grace)
}

function startGuardian() {
  const child = spawn(process.execPath, [self, 'watch'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
    env: {},
  })
  child.stdin.on('error', () => undefined) // It was killed by hand; then there is simply no guardian.
  child.unref()
  const pipe = /** @type {import('node:net').Socket} */ (/** @type {unknown} */ (child.stdin))
  pipe.unref()
  return child
}

/**
 * Signals a whole process group; false when it is gone.
 * @param {number} pid
 * @param {NodeJS.Signals | 0} signal
 */
export function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    return false
  }
}

/**
 * Ends process groups, the last started first: politely, then after the grace with force.
 * @param {number[]} pids
 * @param {number} [grace]  milliseconds
 */
export async function endGroups(pids, grace = graceMs) {
  for (const pid of [...pids].reverse()) signalGroup(pid, 'SIGTERM')
  const deadline = Date.now() + grace
  while (pids.some((pid) => signalGroup(pid, 0)) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 100))
  for (const pid of pids) signalGroup(pid, 'SIGKILL')
}

async function watch() {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => undefined)
  /** @type {Set<number>} */
  const alive = new Set()
  for await (const line of createInterface({ input: process.stdin })) {
    const pid = Number(line.slice(1))
    if (line.startsWith('+')) alive.add(pid)
    else alive.delete(pid)
  }
  await endGroups([...alive])
}

if (process.argv[1] === self && process.argv[2] === 'watch') await watch()
