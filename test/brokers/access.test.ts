import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectAsync, type MqttClient } from 'mqtt'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { guard } from '../../dev/stack/guardian.mjs'
import { freePort } from '../../dev/stack/ports.mjs'
import { admit, firstRefusal } from '../../meters/access/commands.ts'
import { createBrokerControl } from '../../meters/access/control.ts'
import { until } from '../support/until.ts'
import { gateway, hasMosquitto, type RunningMosquitto, startMosquitto } from './mosquitto.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const quiet = { info: () => undefined, warn: () => undefined }
const meter = { username: 'SM1', password: 'meter-word' }
const branch = 'mg/v1/BHKATS/SM1'

type RunningBroker = Pick<RunningMosquitto, 'url' | 'close'>

async function embedded(): Promise<RunningBroker> {
  const port = await freePort()
  const env = {
    ...process.env,
    BROKER_PORT: String(port),
    MQTT_USERNAME: gateway.username,
    MQTT_PASSWORD: gateway.password,
    METER_PASSWORD: meter.password,
  }
  const child = spawn(process.execPath, [path.join(root, 'dev/stack/broker.mjs')], { env, detached: true, stdio: 'ignore' })
  guard(child)
  const close = async (): Promise<void> => {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }
  return { url: `mqtt://127.0.0.1:${port}`, close }
}

/** Mosquitto as in production, with one meter let in. */
async function mosquitto(): Promise<RunningBroker> {
  const broker = await startMosquitto()
  const control = createBrokerControl({ ...broker.access, onConnect: () => undefined, log: quiet })
  await until(() => expect(control.connected()).toBe(true))
  const login = { serial: meter.username, plant: 'BHKATS', password: meter.password, mark: 'test' }
  expect(firstRefusal(await control.run(admit(login)))).toBeUndefined()
  await control.close()
  return broker
}

const brokers = [['embedded', embedded] as const, ...(hasMosquitto ? [['Mosquitto', mosquitto] as const] : [])]

describe.each(brokers)('the %s broker', (_name, start) => {
  let broker: RunningBroker
  let gatewayClient: MqttClient
  let meterClient: MqttClient

  beforeAll(async () => {
    broker = await start()
    gatewayClient = await connectAs({ ...gateway, clientId: 'gateway-control' })
    meterClient = await connectAs({ ...meter, clientId: 'SM1' })
  })
  afterAll(async () => {
    await Promise.all([gatewayClient, meterClient].map((client) => client.endAsync(true)))
    await broker.close()
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
