import { Aedes } from 'aedes'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { guard } from '../dev/stack/guardian.mjs'
import { freePort } from '../dev/stack/ports.mjs'

// Debian keeps it where only root's PATH looks.
const PLACES = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', 'mosquitto']
const START_MS = 20_000

/** A broker of our own on a free port, without passwords. */
export interface BenchBroker {
  readonly url: string
  readonly name: 'Mosquitto' | 'embedded'
  /** 5 where the broker speaks it. */
  readonly protocolVersion: 4 | 5
  /** Cuts every connection; Mosquitto by a restart on what it has kept, as a reboot would. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** How Mosquitto is called on this machine; undefined where it is not installed. */
export function findMosquitto(): string | undefined {
  return PLACES.find((place) => spawnSync(place, ['-h']).error === undefined)
}

/** Mosquitto where it is installed, else the embedded broker, which is no measure of a real one. */
export async function startBroker(): Promise<BenchBroker> {
  const port = await freePort()
  const mosquitto = findMosquitto()
  return mosquitto === undefined ? startEmbedded(port) : startMosquitto(mosquitto, port)
}

async function startMosquitto(command: string, port: number): Promise<BenchBroker> {
  const dir = mkdtempSync(path.join(tmpdir(), 'diya-bench-broker-'))
  chmodSync(dir, 0o777) // As root it writes as the user mosquitto.
  const conf = path.join(dir, 'mosquitto.conf')
  const kept = ['persistence true', `persistence_location ${dir}/`, 'max_queued_messages 1000000', 'log_type none']
  writeFileSync(conf, [`listener ${port} 127.0.0.1`, 'allow_anonymous true', ...kept, ''].join('\n'))
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(command, ['-c', conf], { detached: true, stdio: 'ignore' })
    guard(child)
    await untilListening(port)
    return child
  }
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }
  let child = await start()
  return {
    url: `mqtt://127.0.0.1:${port}`,
    name: 'Mosquitto',
    protocolVersion: 5,
    restart: async () => {
      await end(child)
      child = await start()
    },
    close: async () => {
      await end(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function startEmbedded(port: number): Promise<BenchBroker> {
  // No queue of its own, as in dev/stack/broker.mjs: a thousand connections lost at once would overflow its stack.
  const broker = await Aedes.createBroker({ concurrency: 0 })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    broker.handle(socket)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const restart = (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    return Promise.resolve()
  }
  const close = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    await restart()
    await closed
    await new Promise<void>((resolve) => broker.close(resolve))
  }
  return { url: `mqtt://127.0.0.1:${port}`, name: 'embedded', protocolVersion: 4, restart, close }
}

async function untilListening(port: number): Promise<void> {
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
