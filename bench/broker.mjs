// A broker of our own for measuring: Mosquitto where it is installed, else the embedded one.
import { Aedes } from 'aedes'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { guard } from '../dev/stack/guardian.mjs'
import { freePort } from '../dev/stack/ports.mjs'

// Debian keeps it where only root's PATH looks.
const PLACES = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', 'mosquitto']
const START_MS = 20_000

/**
 * @typedef {{
 *   url: string,
 *   name: 'Mosquitto' | 'embedded',
 *   protocolVersion: 4 | 5,
 *   stop: () => Promise<void>,
 *   start: () => Promise<void>,
 *   close: () => Promise<void>,
 * }} OwnBroker  `stop` cuts every connection; `start` goes on with what was kept. The protocol is the newest it speaks.
 */

/** How Mosquitto is called on this machine; undefined where it is not installed. */
export function findMosquitto() {
  return PLACES.find((place) => spawnSync(place, ['-h']).error === undefined)
}

/**
 * On a free port, without passwords.
 * @returns {Promise<OwnBroker>}
 */
export async function startBroker() {
  const port = await freePort()
  const mosquitto = findMosquitto()
  return mosquitto === undefined ? startEmbedded(port) : startMosquitto(mosquitto, port)
}

/**
 * @param {string} command
 * @param {number} port
 * @returns {Promise<OwnBroker>}
 */
async function startMosquitto(command, port) {
  const dir = mkdtempSync(path.join(tmpdir(), 'diya-bench-broker-'))
  chmodSync(dir, 0o777) // As root it writes as the user mosquitto.
  const conf = path.join(dir, 'mosquitto.conf')
  const kept = ['persistence true', `persistence_location ${dir}/`, 'max_queued_messages 1000000', 'log_type none']
  writeFileSync(conf, [`listener ${port} 127.0.0.1`, 'allow_anonymous true', ...kept, ''].join('\n'))
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child
  const start = async () => {
    child = spawn(command, ['-c', conf], { detached: true, stdio: 'ignore' })
    guard(child)
    await untilListening(port)
  }
  const stop = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }
  const close = async () => {
    await stop()
    rmSync(dir, { recursive: true, force: true })
  }
  await start()
  return { url: `mqtt://127.0.0.1:${port}`, name: 'Mosquitto', protocolVersion: 5, start, stop, close }
}

/**
 * @param {number} port
 * @returns {Promise<OwnBroker>}
 */
async function startEmbedded(port) {
  // No queue of its own, as in dev/stack/broker.mjs: a thousand connections lost at once would overflow its stack.
  const broker = await Aedes.createBroker({ concurrency: 0 })
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    broker.handle(socket)
  })
  const start = async () => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const stop = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  const close = async () => {
    await stop()
    await new Promise((resolve) => broker.close(() => resolve(undefined)))
  }
  await start()
  return { url: `mqtt://127.0.0.1:${port}`, name: 'embedded', protocolVersion: 4, start, stop, close }
}

/** @param {number} port */
async function untilListening(port) {
  const deadlineMs = Date.now() + START_MS
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch (error) {
      if (Date.now() > deadlineMs) throw new Error('Mosquitto did not start', { cause: error })
    } finally {
      socket.destroy()
    }
    await sleep(50)
  }
}
