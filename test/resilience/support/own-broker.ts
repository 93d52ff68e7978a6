import { Aedes } from 'aedes'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { guard } from '../../../dev/stack/guardian.mjs'
import { freePort } from '../../../dev/stack/ports.mjs'
import { until } from '../../support/until.ts'

const PATH = `${process.env.PATH}:/usr/sbin`

/** A broker that can be stopped and comes back with what it had. */
export interface OwnBroker {
  readonly url: string
  /** The newest MQTT it speaks. */
  readonly protocolVersion: '4' | '5'
  /** Stops it as a shutdown does: every connection is cut, what is queued for sessions is kept. */
  stop(): Promise<void>
  start(): Promise<void>
  /** Stops it for good and removes what it wrote. */
  close(): Promise<void>
}

/** Debian's Mosquitto without passwords on a port of its own; where it is not installed, the embedded broker. */
export async function ownBroker(): Promise<OwnBroker> {
  const isMissing = spawnSync('mosquitto', ['-h'], { env: { PATH } }).error !== undefined
  return isMissing ? embedded(await freePort()) : mosquitto(await freePort())
}

async function mosquitto(port: number): Promise<OwnBroker> {
  const dir = mkdtempSync(path.join(tmpdir(), 'diya-broker-'))
  chmodSync(dir, 0o777) // As root it writes as the user mosquitto.
  const conf = path.join(dir, 'mosquitto.conf')
  const kept = ['persistence true', `persistence_location ${dir}/`, 'max_queued_messages 100000', 'log_type none']
  writeFileSync(conf, [`listener ${port} 127.0.0.1`, 'allow_anonymous true', ...kept, ''].join('\n'))
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    child = spawn('mosquitto', ['-c', conf], { env: { PATH }, detached: true, stdio: 'ignore' })
    guard(child)
    await until(() => answers(port))
  }
  const stop = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }
  await start()
  return {
    url: `mqtt://127.0.0.1:${port}`,
    protocolVersion: '5',
    start,
    stop,
    close: async () => {
      await stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** It keeps sessions in memory alone, so its stop is one of the network: it forgets nothing, and nobody reaches it. */
async function embedded(port: number): Promise<OwnBroker> {
  const broker = await Aedes.createBroker()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    broker.handle(socket)
  })
  const start = async (): Promise<void> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  await start()
  const close = async (): Promise<void> => {
    if (server.listening) await stop()
    await new Promise<void>((resolve) => broker.close(resolve))
  }
  return { url: `mqtt://127.0.0.1:${port}`, protocolVersion: '4', start, stop, close }
}

async function answers(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
  } finally {
    socket.destroy()
  }
}
