import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectAsync, type MqttClient } from 'mqtt'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { guard } from '../../dev/stack/guardian.mjs'
import { freePort } from '../../dev/stack/ports.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const PATH = `${process.env.PATH}:/usr/sbin`
const gateway = { username: 'diya-gateway', password: 'gateway-word' }
const meter = { username: 'SM1', password: 'meter-word' }
const branch = 'mg/v1/BHKATS/SM1'

type RunningBroker = { readonly child: ChildProcess; readonly url: string; readonly dir?: string }

async function embedded(): Promise<RunningBroker> {
  const port = await freePort()
  const env = {
    ...process.env,
    BROKER_PORT: String(port),
    MQTT_USERNAME: gateway.username,
    MQTT_PASSWORD: gateway.password,
    METER_PASSWORD: meter.password,
  }
  return {
    child: spawn(process.execPath, [path.join(root, 'dev/stack/broker.mjs')], { env, detached: true, stdio: 'ignore' }),
    url: `mqtt://127.0.0.1:${port}`,
  }
}

/** Debian's Mosquitto on the production files, moved from /mosquitto to a folder of the test. */
async function mosquitto(): Promise<RunningBroker> {
  const port = await freePort()
  const dir = mkdtempSync(path.join(tmpdir(), 'diya-mosquitto-'))
  chmodSync(dir, 0o755)
  for (const folder of ['config', 'passwords', 'data']) mkdirSync(path.join(dir, folder))
  chmodSync(path.join(dir, 'data'), 0o777)
  const passwords = path.join(dir, 'passwords/passwords')
  writeFileSync(passwords, '', { mode: 0o644 })
  for (const { username, password } of [gateway, meter])
    spawnSync('mosquitto_passwd', ['-b', passwords, username, password], { env: { PATH } })
  chmodSync(passwords, 0o644)
  writeFileSync(path.join(dir, 'config/acl'), readFileSync(path.join(root, 'deploy/mosquitto/acl')))
  const conf = readFileSync(path.join(root, 'deploy/mosquitto/mosquitto.conf'), 'utf8').replaceAll('/mosquitto/', `${dir}/`)
  writeFileSync(path.join(dir, 'config/mosquitto.conf'), conf.replace('listener 1883', `listener ${port} 127.0.0.1`))
  const child = spawn('mosquitto', ['-c', path.join(dir, 'config/mosquitto.conf')], {
    env: { PATH },
    detached: true,
    stdio: 'ignore',
  })
  return { child, url: `mqtt://127.0.0.1:${port}`, dir }
}

const hasMosquitto = spawnSync('mosquitto', ['-h'], { env: { PATH } }).error === undefined
const brokers = [['embedded', embedded] as const, ...(hasMosquitto ? [['Mosquitto', mosquitto] as const] : [])]

describe.each(brokers)('the %s broker', (_name, start) => {
  let broker: RunningBroker
  let gatewayClient: MqttClient
  let meterClient: MqttClient

  beforeAll(async () => {
    broker = await start()
    guard(broker.child)
    gatewayClient = await connectAs({ ...gateway, clientId: 'gateway-control' })
    meterClient = await connectAs({ ...meter, clientId: 'SM1' })
  })
  afterAll(async () => {
    await Promise.all([gatewayClient, meterClient].map((client) => client.endAsync(true)))
    const exited = once(broker.child, 'exit')
    broker.child.kill('SIGTERM')
    await exited
    if (broker.dir) rmSync(broker.dir, { recursive: true, force: true })
  })

  /** Tries until the broker listens. */
  async function connectAs(options: { username: string; password: string; clientId: string }): Promise<MqttClient> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await connectAsync(broker.url, { ...options, protocolVersion: 4, reconnectPeriod: 0 })
      } catch (error) {
        if (attempt === 50 || !String(error).includes('ECONNREFUSED')) throw error
        await sleep(100)
      }
    }
  }

  /** Whether a message on `topic` from one reaches the other, who asks for `filter`. */
  async function reaches(
    topic: string,
    { from, to, filter = topic }: { from: MqttClient; to: MqttClient; filter?: string },
  ): Promise<boolean> {
    const text = `${topic} ${Math.random()}`
    let heard = false
    const hear = (_topic: string, payload: Buffer): void => void (heard ||= payload.toString() === text)
    to.on('message', hear)
    await to.subscribeAsync(filter, { qos: 1 }).catch(() => undefined)
    await Promise.race([from.publishAsync(topic, text, { qos: 1 }), sleep(300)]).catch(() => undefined)
    for (let tries = 0; tries < 10 && !heard; tries++) await sleep(30)
    to.off('message', hear)
    return heard
  }

  test('refuses who does not know the password', async () => {
    await expect(connectAs({ username: 'SM1', password: 'guess', clientId: 'SM1' })).rejects.toThrow()
    await expect(connectAs({ username: '', password: '', clientId: 'nobody' })).rejects.toThrow()
  })

  test.each(['status', 'state', 'telemetry', 'event', 'ack'])('lets a meter tell the gateway its %s', async (leaf) => {
    expect(await reaches(`${branch}/${leaf}`, { from: meterClient, to: gatewayClient, filter: `mg/v1/+/+/${leaf}` })).toBe(true)
  })

  test('lets the gateway command a meter', async () => {
    expect(await reaches(`${branch}/cmd`, { from: gatewayClient, to: meterClient })).toBe(true)
  })

  test.each(['mg/v1/BHKATS/SM2/state', 'mg/v1/BHKATS/SM1/cmd', 'elsewhere'])(
    'does not let a meter speak on %s',
    async (topic) => {
      const other = await connectAs({ ...meter, clientId: 'SM1' })
      expect(await reaches(topic, { from: other, to: gatewayClient, filter: topic })).toBe(false)
      await other.endAsync(true)
      meterClient = await connectAs({ ...meter, clientId: 'SM1' })
    },
  )

  test.each(['mg/v1/BHKATS/SM2/cmd', 'mg/v1/+/+/cmd', '#'])(
    'does not let a meter hear others by asking for %s',
    async (filter) => {
      expect(await reaches('mg/v1/BHKATS/SM2/cmd', { from: gatewayClient, to: meterClient, filter })).toBe(false)
    },
  )
})
