import { randomUUID } from 'node:crypto'
import mqtt from 'mqtt'
import type { IClientOptions, MqttClient } from 'mqtt'
import { readIncoming } from '../incoming.ts'
import type { IncomingMessage } from '../incoming.ts'
import { withoutPassword } from '../broker-url.ts'
import { METER_LEAVES, meterTopic } from '../topics.ts'

export interface WireOptions {
  readonly url: string
  readonly serial: string
  /** Any plant when left out. */
  readonly plant?: string
  readonly username?: string
  readonly password?: string
}

/** The server's side of one meter's branch: all that is heard on it, in order, and what is sent down. */
export interface Wire {
  heard(): readonly IncomingMessage[]
  /** Resolves with what `find` finds, looking now and at each message; undefined after `withinMs`. Rejects when interrupted. */
  wait<T>(find: () => T | undefined, withinMs: number): Promise<T | undefined>
  /** Resolves when the broker has taken the payload for the meter's `cmd`. */
  publish(plant: string, payload: Buffer): Promise<void>
  /** What a late subscriber gets of a leaf at once; undefined when the broker retains nothing there. */
  retained(plant: string, leaf: 'status' | 'state', withinMs: number): Promise<IncomingMessage | undefined>
  /** Makes every wait reject, until `resume`. */
  interrupt(): void
  resume(): void
  close(): Promise<void>
}

/** The broker could not be reached, or did not let us in; the message is a sentence. */
export class UnreachableBroker extends Error {}
/** A person ended the run. */
export class Interrupted extends Error {}

const CONNECT_TIMEOUT_MS = 10_000

/** Connects and subscribes to the meter's branch. Rejects with UnreachableBroker. */
export async function openWire(options: WireOptions): Promise<Wire> {
  const { serial } = options
  const heard: IncomingMessage[] = []
  const watchers = new Set<() => void>()
  let isInterrupted = false
  const tellWatchers = (): void => {
    for (const look of [...watchers]) look()
  }
  const client = await connected(options, (message) => {
    heard.push(message)
    tellWatchers()
  })
  await subscribed(client, `mg/v1/${options.plant ?? '+'}/${serial}`, options.url)

  const wait: Wire['wait'] = <T>(find: () => T | undefined, withinMs: number) =>
    new Promise<T | undefined>((resolve, reject) => {
      const settle = (done: () => void): void => {
        clearTimeout(timer)
        watchers.delete(look)
        done()
      }
      const look = (): void => {
        if (isInterrupted) return settle(() => reject(new Interrupted('ended by hand')))
        const found = find()
        if (found !== undefined) settle(() => resolve(found))
      }
      const timer = setTimeout(() => settle(() => resolve(undefined)), withinMs)
      watchers.add(look)
      look()
    })

  return {
    heard: () => heard,
    wait,
    publish: async (plant, payload) => {
      await client.publishAsync(meterTopic({ plant, serial, leaf: 'cmd' }), payload, { qos: 1, retain: false })
    },
    retained: (plant, leaf, withinMs) => readRetained(options, { topic: meterTopic({ plant, serial, leaf }), withinMs }),
    interrupt: () => {
      isInterrupted = true
      tellWatchers()
    },
    resume: () => {
      isInterrupted = false
    },
    close: () => client.endAsync(!client.connected),
  }
}

/** A subscriber of its own: to those who are subscribed already the broker sends nothing as retained. */
async function readRetained(
  options: WireOptions,
  { topic, withinMs }: { readonly topic: string; readonly withinMs: number },
): Promise<IncomingMessage | undefined> {
  let found: (message: IncomingMessage | undefined) => void = () => undefined
  const first = new Promise<IncomingMessage | undefined>((resolve) => {
    found = resolve
  })
  const client = await connected(options, (message) => {
    if (message.retained) found(message)
  })
  await subscribed(client, topic, options.url)
  const timer = setTimeout(() => found(undefined), withinMs)
  const message = await first
  clearTimeout(timer)
  await client.endAsync(!client.connected)
  return message
}

/** A client that is connected; it hears the meter only, not the commands to it. */
function connected(options: WireOptions, onMessage: (message: IncomingMessage) => void): Promise<MqttClient> {
  const client = mqtt.connect(options.url, connectOptions(options))
  client.on('message', (topic, payload, packet) => {
    if (!topic.endsWith('/cmd')) onMessage(readIncoming({ topic, payload, retain: packet.retain }))
  })
  return new Promise((resolve, reject) => {
    const refuse = (reason: string): void => {
      client.end(true)
      reject(new UnreachableBroker(`The broker at ${withoutPassword(options.url)} cannot be used: ${reason}.`))
    }
    const timer = setTimeout(() => refuse(`no answer within ${CONNECT_TIMEOUT_MS / 1_000} s`), CONNECT_TIMEOUT_MS)
    client.once('error', (error) => {
      clearTimeout(timer)
      refuse(reasonOf(error))
    })
    client.once('connect', () => {
      clearTimeout(timer)
      client.removeAllListeners('error')
      // An outage during the run shows as answers that do not come; the client connects again by itself.
      client.on('error', () => undefined)
      resolve(client)
    })
  })
}

function connectOptions({ serial, username, password }: WireOptions): IClientOptions {
  return {
    clientId: `conformance-${serial}-${randomUUID().slice(0, 8)}`,
    protocolVersion: 4,
    clean: true,
    ...(username === undefined ? {} : { username, password: password ?? '' }),
  }
}

/** To all of the meter's branch; to what a gateway may hear of it, where the broker allows no more. */
async function subscribed(client: MqttClient, branch: string, url: string): Promise<void> {
  const filter = `${branch}/#`
  const leaves = METER_LEAVES.filter((leaf) => leaf !== 'cmd').map((leaf) => `${branch}/${leaf}`)
  try {
    await client.subscribeAsync(filter, { qos: 1 }).catch(() => client.subscribeAsync(leaves, { qos: 1 }))
  } catch (error) {
    client.end(true)
    throw new UnreachableBroker(`The broker at ${withoutPassword(url)} refuses to subscribe to ${filter}: ${reasonOf(error)}.`)
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // A name that resolves to several addresses that all refuse leaves no message.
  return error.message !== '' ? error.message : 'code' in error ? String(error.code) : error.name
}
