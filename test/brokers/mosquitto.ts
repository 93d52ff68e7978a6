import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { guard } from '../../dev/stack/guardian.mjs'
import { freePort } from '../../dev/stack/ports.mjs'
import { until } from '../support/until.ts'

const files = fileURLToPath(new URL('../../deploy/mosquitto', import.meta.url))
const PATH = `${process.env.PATH}:/usr/sbin`

export const gateway = { username: 'diya-gateway', password: 'gateway-word' }
const manager = { username: 'diya-access', password: 'access-word' }

/** Whether this machine has the real broker; where it has not, only the embedded one is tried. */
export const hasMosquitto = spawnSync('mosquitto', ['-h'], { env: { PATH } }).error === undefined

export interface RunningMosquitto {
  /** Of the plain listener; with a certificate it serves this machine only. */
  readonly url: string
  readonly tlsUrl: string
  /** By what the accounts are managed. */
  readonly access: { readonly url: string; readonly username: string; readonly password: string }
  /** Ends the broker and starts it anew on what it has kept; `forget` throws its accounts away first. */
  restart(how?: { readonly forget?: boolean; readonly gatewayPassword?: string }): Promise<void>
  close(): Promise<void>
}

/** Debian's Mosquitto started by the production files, moved from /mosquitto to a folder of the test; `tls`: a folder with its certificate. */
export async function startMosquitto({ tls }: { tls?: string } = {}): Promise<RunningMosquitto> {
  const [port, tlsPort] = [await freePort(), await freePort()]
  const dir = mkdtempSync(path.join(tmpdir(), 'diya-mosquitto-'))
  chmodSync(dir, 0o755)
  for (const folder of ['config', 'data']) mkdirSync(path.join(dir, folder))
  chmodSync(path.join(dir, 'data'), 0o777)
  for (const name of ['start.sh', 'mosquitto.conf', 'accounts.json.in']) {
    const text = readFileSync(path.join(files, name), 'utf8').replaceAll('/mosquitto/', `${dir}/`)
    const moved = text.replace(/'listener 1883( 127.0.0.1)?'/g, `'listener ${port} 127.0.0.1'`)
    const placed = path.join(dir, 'config', name)
    writeFileSync(placed, moved.replace("'listener 8883'", `'listener ${tlsPort} 127.0.0.1'`), { mode: 0o755 })
  }
  if (tls !== undefined) cpSync(tls, path.join(dir, 'config/tls'), { recursive: true })

  const start = async (gatewayPassword: string): Promise<ChildProcess> => {
    const env = { PATH, MQTT_PASSWORD: gatewayPassword, MQTT_ACCESS_PASSWORD: manager.password }
    const child = spawn(path.join(dir, 'config/start.sh'), [], { env, detached: true, stdio: ['ignore', 'ignore', 'inherit'] })
    guard(child)
    await until(() => callsAt(port))
    return child
  }
  const end = async (child: ChildProcess): Promise<void> => {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }
  let child = await start(gateway.password)
  const url = `mqtt://127.0.0.1:${port}`
  return {
    url,
    tlsUrl: `mqtts://127.0.0.1:${tlsPort}`,
    access: { url, ...manager },
    restart: async ({ forget = false, gatewayPassword = gateway.password } = {}) => {
      await end(child)
      if (forget) rmSync(path.join(dir, 'access'), { recursive: true })
      child = await start(gatewayPassword)
    },
    close: async () => {
      await end(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Rejects while nobody listens there. */
async function callsAt(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
}
