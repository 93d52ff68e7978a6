// Starts the processes of the stack one by one, starts again what dies, and stops all of them in the opposite order.
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { guard, signalGroup } from './guardian.mjs'
import { SetUpError } from './run.mjs'

const readyWithinMs = 120_000
const longestPauseMs = 30_000
const steadyAfterMs = 60_000
const largestLogBytes = 10_000_000

/**
 * @typedef {object} Service
 * @property {string} name  for people, and for the log file
 * @property {string} command
 * @property {string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {{ uid: number, gid: number }} [runAs]
 * @property {() => Promise<void>} [ready]  resolves when it can be used; without it the process says so by `process.send('ready')`
 * @property {NodeJS.Signals} [stopSignal]
 * @property {number} [graceMs]  how long it may take to stop before it is killed
 *
 * @typedef {object} Running
 * @property {Service} service
 * @property {import('node:child_process').ChildProcess} child
 * @property {Promise<void>} ended
 * @property {Promise<void>} saidReady
 *
 * @typedef {{ start: (service: Service) => Promise<void>, stopAll: () => Promise<void>, killAll: () => void }} Supervisor
 */

/**
 * @param {{ progress: import('./progress.mjs').Progress, logDir: string, onChange: (pids: number[]) => void }} options  `onChange` hears the process ids whenever they change
 * @returns {Supervisor}
 */
export function createSupervisor({ progress, logDir, onChange }) {
  /** @type {Map<string, Running>} */
  const running = new Map()
  /** @type {string[]} */
  const order = []
  const stopping = new AbortController()
  mkdirSync(logDir, { recursive: true })

  /** @param {Service} service */
  const launch = (service) => {
    const one = spawnService(service, logFile(logDir, service.name))
    running.set(service.name, one)
    tellChange()
    void one.ended.then(() => {
      if (running.get(service.name) === one) running.delete(service.name)
      tellChange()
    })
    return one
  }
  const tellChange = () => onChange([...running.values()].flatMap(({ child }) => child.pid ?? []))

  /** @param {Service} service */
  const start = async (service) => {
    if (stopping.signal.aborted) return
    order.push(service.name)
    const one = launch(service)
    await untilReady(one, logFile(logDir, service.name))
    void keepAlive(one, 0)
  }

  /**
   * @param {Running} one
   * @param {number} deaths  in a row, so that one that dies at once is not started a hundred times a second
   */
  const keepAlive = async (one, deaths) => {
    const since = Date.now()
    await one.ended
    if (stopping.signal.aborted) return
    const again = Date.now() - since > steadyAfterMs ? 0 : deaths
    const pauseMs = Math.min(longestPauseMs, 500 * 2 ** again)
    progress.say(
      `${one.service.name} ended (${howItEnded(one.child)}), starting it again; its log: ${logFile(logDir, one.service.name)}`,
    )
    await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    if (!stopping.signal.aborted) await keepAlive(launch(one.service), again + 1)
  }

  const stopAll = async () => {
    stopping.abort()
    for (const name of order.reverse()) {
      const one = running.get(name)
      if (one) await stopOne(one, progress)
    }
  }
  const killAll = () => {
    stopping.abort()
    for (const { child } of running.values()) if (child.pid) signalGroup(child.pid, 'SIGKILL')
  }
  return { start, stopAll, killAll }
}

/**
 * @param {Service} service
 * @param {string} log
 * @returns {Running}
 */
function spawnService(service, log) {
  const { command, args, cwd, runAs, env } = service
  if (existsSync(log) && statSync(log).size > largestLogBytes) renameSync(log, `${log}.old`)
  const out = openSync(log, 'a')
  const saysReady = !service.ready
  // A group of its own: Ctrl-C reaches only us, and we decide the order in which the others stop.
  const stdio = saysReady ? ['ignore', out, out, 'ipc'] : ['ignore', out, out]
  const child = spawn(command, args, {
    cwd,
    ...runAs,
    env: { ...process.env, ...env },
    detached: true,
    stdio: /** @type {import('node:child_process').StdioOptions} */ (stdio),
  })
  closeSync(out)
  guard(child)
  const ended = new Promise((/** @type {(value: void) => void} */ resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const saidReady = new Promise((/** @type {(value: void) => void} */ resolve) =>
    child.on('message', (message) => message === 'ready' && resolve()),
  )
  return { service, child, ended, saidReady }
}

/**
 * @param {Running} one
 * @param {string} log
 */
async function untilReady({ service, child, ended, saidReady }, log) {
  const outcome = await Promise.race([
    (service.ready?.() ?? saidReady).then(() => 'ready'),
    ended.then(() => 'ended'),
    sleep(readyWithinMs, 'late', { ref: false }),
  ])
  if (outcome === 'ready') return
  const what =
    outcome === 'ended' ? `ended before it was ready (${howItEnded(child)})` : `was not ready after ${readyWithinMs / 1000} s`
  throw new SetUpError(`${service.name} ${what}. The end of ${log}:\n${lastLines(log, 15)}`)
}

/**
 * @param {Running} one
 * @param {import('./progress.mjs').Progress} progress
 */
async function stopOne({ service, child, ended }, progress) {
  const { name, stopSignal = 'SIGTERM', graceMs = 15_000 } = service
  progress.say(`Stopping ${name}`)
  child.kill(stopSignal)
  const stopped = await Promise.race([ended.then(() => true), sleep(graceMs, false, { ref: false })])
  if (!stopped) progress.say(`${name} did not stop within ${graceMs / 1000} s, killing it`)
  if (child.pid) signalGroup(child.pid, 'SIGKILL') // Also whatever it may have left in its group.
  await ended
}

/**
 * @param {string} logDir
 * @param {string} name
 */
function logFile(logDir, name) {
  return path.join(logDir, `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.log`)
}

/** @param {import('node:child_process').ChildProcess} child */
function howItEnded({ exitCode, signalCode }) {
  return signalCode ?? `code ${exitCode ?? 'unknown'}`
}

/**
 * @param {string} file
 * @param {number} count
 */
function lastLines(file, count) {
  return readFileSync(file, 'utf8').trim().split('\n').slice(-count).join('\n')
}
