import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Aedes } from 'aedes'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import type { MqttClient } from 'mqtt'
import { createMeterClient } from '../../meters/client.ts'
import type { MeterClient } from '../../meters/client.ts'
import type { IncomingMessage } from '../../meters/incoming.ts'
import { encodeMessage } from '../../meters/messages.ts'
import { meterTopic } from '../../meters/topics.ts'
import { freshBroker } from '../support/broker.ts'
import type { TestBroker } from '../support/broker.ts'
import { eventually } from './eventually.ts'

const quiet = { info: () => undefined, warn: () => undefined }
const ts = '2026-07-01T00:00:00Z'
const stop: (() => Promise<unknown>)[] = []

let broker: TestBroker
let meter: MqttClient
let plant: string
let clientId: string

beforeEach(async () => {
  broker = await freshBroker()
  meter = await mqtt.connectAsync(broker.url)
  plant = `T${randomUUID().slice(0, 8)}`
  clientId = `gateway-${plant}`
})

afterEach(async () => {
  for (const end of stop.splice(0)) await end()
  await meter.endAsync()
  await broker.close()
})

const gateway = async (onMessage: (message: IncomingMessage) => Promise<void>, keepaliveS?: number): Promise<MeterClient> => {
  const client = createMeterClient({
    url: broker.url,
    clientId,
    plants: [plant],
    onMessage,
    log: quiet,
    ...(keepaliveS === undefined ? {} : { keepaliveS }),
  })
  stop.push(client.close)
  await client.ready()
  return client
}
const telemetry = (seq: number): Buffer =>
  encodeMessage({ v: 1, boot_id: 1, readings: [{ seq, ts, kind: 'periodic', energy_import_wh: seq }] })
const send = (leaf: 'telemetry' | 'status', payload: Buffer): Promise<unknown> =>
  meter.publishAsync(meterTopic({ plant, serial: 'SM1', leaf }), payload, { qos: 1 })
const seqOf = (message: IncomingMessage): number => (message.leaf === 'telemetry' ? (message.message.readings[0]?.seq ?? -1) : -1)

describe('the gateway acknowledges', () => {
  test('nothing that was not committed: the next process receives it again, and what follows it', async () => {
    const tried: number[] = []
    const first = await gateway((message) => {
      tried.push(seqOf(message))
      return Promise.reject(new Error('database is down'))
    })
    await send('telemetry', telemetry(1))
    await send('telemetry', telemetry(2))
    await eventually(() => expect(tried.length).toBeGreaterThan(1))
    expect(new Set(tried)).toEqual(new Set([1]))
    await first.close()

    const committed: number[] = []
    await gateway((message) => {
      committed.push(seqOf(message))
      return Promise.resolve()
    })
    await eventually(() => expect(committed).toEqual([1, 2]))
  })

  test('what was committed, so that it is not delivered again', async () => {
    const committed: number[] = []
    const commit = (message: IncomingMessage): Promise<void> => {
      committed.push(seqOf(message))
      return Promise.resolve()
    }
    const first = await gateway(commit)
    await send('telemetry', telemetry(1))
    await eventually(() => expect(committed).toEqual([1]))
    await first.close()
    await send('telemetry', telemetry(2))
    await gateway(commit)
    await eventually(() => expect(committed).toEqual([1, 2]))
    await sleep(200)
    expect(committed).toEqual([1, 2])
  })

  test('a message it could not read, once it was told of it', async () => {
    const received: IncomingMessage[] = []
    await gateway((message) => {
      received.push(message)
      return Promise.resolve()
    })
    await send('telemetry', Buffer.from('{"v":1'))
    await send('telemetry', telemetry(2))
    await eventually(() => expect(received.map(({ leaf }) => leaf)).toEqual(['unreadable', 'telemetry']))
    expect(received[0]).toMatchObject({ problem: { code: 'NOT_JSON' }, raw: Buffer.from('{"v":1') })
  })

  test('a commit of the old connection not on the new one, where the message comes again', async () => {
    const calls: (() => void)[] = []
    await gateway(() => new Promise((resolve) => calls.push(resolve)), 1)
    await send('telemetry', telemetry(1))
    await eventually(() => expect(calls).toHaveLength(1))
    // A handler that hangs stops the reading of the socket, so the keep-alive ends the connection.
    await eventually(() => expect(calls.length).toBeGreaterThan(1), 20_000)
    for (const commit of calls) commit()
    const before = calls.length
    await send('telemetry', telemetry(2))
    await eventually(() => expect(calls).toHaveLength(before + 1))
    calls.at(-1)?.()
  }, 30_000)
})

test('readings that cannot be stored do not hold up a state', async () => {
  const received: string[] = []
  await gateway(({ leaf }) => {
    received.push(leaf)
    return leaf === 'telemetry' ? Promise.reject(new Error('not now')) : Promise.resolve()
  })
  await send('telemetry', telemetry(1))
  await eventually(() => expect(received).toContain('telemetry'))
  await send('status', encodeMessage({ v: 1, online: true, boot_id: 1 }))
  await eventually(() => expect(received).toContain('status'))
})

test('a command reaches the meter that listens, and is not kept for one that does not', async () => {
  const client = await gateway(() => Promise.resolve())
  const command = { v: 1, command_id: 'c1', name: 'read_now', issued_at: ts, expires_at: ts } as const
  const topic = meterTopic({ plant, serial: 'SM1', leaf: 'cmd' })
  const heard: string[] = []
  meter.on('message', (_topic, payload) => heard.push(payload.toString()))
  await client.publishCommand({ plant, serial: 'SM1', command })
  await meter.subscribeAsync(topic, { qos: 1 })
  await client.publishCommand({ plant, serial: 'SM1', command: { ...command, command_id: 'c2' } })
  await eventually(() => expect(heard).toHaveLength(1))
  expect(JSON.parse(heard[0] ?? '')).toEqual({ ...command, command_id: 'c2' })
})

test('without a connection a command is refused at once', async () => {
  const client = await gateway(() => Promise.resolve())
  await client.close()
  expect(client.connected()).toBe(false)
  const command = { v: 1, command_id: 'c1', name: 'read_now', issued_at: ts, expires_at: ts } as const
  await expect(client.publishCommand({ plant, serial: 'SM1', command })).rejects.toThrow('not connected')
})

test('a gateway that the broker turns away at first, because its accounts are being made anew, is let in later', async () => {
  const asked: string[] = []
  const strict = await Aedes.createBroker()
  strict.authenticate = (_client, username, _password, done) => {
    asked.push(username ?? '')
    done(null, asked.length > 4)
  }
  const server = createServer(strict.handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stop.push(() => new Promise<void>((resolve) => strict.close(() => server.close(() => resolve()))))
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`
  const onMessage = (): Promise<void> => Promise.resolve()
  const client = createMeterClient({ url, clientId, username: 'diya-gateway', password: 'word', onMessage, log: quiet })
  await client.ready()
  expect(client.connected()).toBe(true)
  await client.close()
})
