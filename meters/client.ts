import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import type { IClientPublishOptions, MqttClient } from 'mqtt'
import { createInHand } from './in-hand.ts'
import type { InHand, InHandOptions } from './in-hand.ts'
import type { IncomingMessage } from './incoming.ts'
import { encodeMessage } from './messages.ts'
import type { CommandMessage } from './messages.ts'
import { RETAINED, meterFilter, meterTopic } from './topics.ts'
import type { UplinkLeaf } from './topics.ts'

export interface MeterClientLog {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
}

/** A connection of its own, so that what waits behind it does not hold up the others. */
export interface MeterLane {
  readonly name: string
  readonly leaves: readonly UplinkLeaf[]
  /** Messages it may hold unacknowledged while {@link MeterClientOptions.onBatch} commits; 1 when left out. */
  readonly window?: number
}

export interface MeterClientOptions {
  readonly url: string
  /** Fixed per process: the broker keeps the session, and what was not acknowledged, under it. Each lane appends its name. */
  readonly clientId: string
  /** 4 is MQTT 3.1.1 (all the embedded broker speaks); 5 adds message expiry at the broker. */
  readonly protocolVersion?: 4 | 5
  readonly username?: string
  readonly password?: string
  /** Certificates by which a broker with TLS (`mqtts://`) is known; those of the system when left out. */
  readonly ca?: Buffer
  /** Plants to listen to; all when left out. */
  readonly plants?: readonly string[]
  readonly lanes?: readonly MeterLane[]
  /** Resolves when the message is committed; only then is it acknowledged. A rejection is tried again, so bad data must be stored, not thrown. */
  readonly onMessage: (message: IncomingMessage) => Promise<void>
  /** The same for all that arrived while the batch before was being committed, in their order. Left out, they go one by one. */
  readonly onBatch?: (messages: readonly IncomingMessage[]) => Promise<void>
  /** Called when the lanes are (again) connected and subscribed: the moment to publish what is open. */
  readonly onConnect?: () => void
  readonly log: MeterClientLog
  readonly keepaliveS?: number
}

export interface MeterClient {
  /** Resolves when the broker has taken the command, which says nothing of the meter. Rejects when not connected or after 10 s. */
  publishCommand(to: { readonly plant: string; readonly serial: string; readonly command: CommandMessage }): Promise<void>
  connected(): boolean
  /** Resolves once every lane has connected and subscribed for the first time. */
  ready(): Promise<void>
  /** Lets the messages in hand finish and be acknowledged, then disconnects. The sessions stay at the broker. */
  close(): Promise<void>
}

/** Acks and states decide over supply and must not queue behind a night of readings. */
export const DEFAULT_LANES: readonly MeterLane[] = [
  { name: 'control', leaves: ['status', 'state', 'ack'], window: 20 },
  { name: 'readings', leaves: ['telemetry', 'event'], window: 200 },
]

const PUBLISH_TIMEOUT_MS = 10_000
const CLOSE_TIMEOUT_MS = 5_000
const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 5_000
/** Thrown away by us: it makes the client read on without acknowledging. */
const NOT_YET = new Error('not committed yet')

interface OpenLane {
  readonly name: string
  readonly client: MqttClient
  /** Of the connection that is, or was last. */
  inHand: InHand | undefined
  readonly ready: Promise<void>
}

/**
 * The gateway's side of MQTT: QoS 1, persistent sessions, and PUBACK only after `onMessage` has resolved.
 *
 * mqtt.js reads one packet at a time and acknowledges when `handleMessage` calls back. Replacing that method is public and works in
 * MQTT 3.1.1 and 5 (`customHandleAcks` is heard in 5 alone): called back with an error it reads on without acknowledging, and the
 * PUBACK is ours to write. At a full window it is not called back, so the socket is not read, which bounds memory.
 */
export function createMeterClient(options: MeterClientOptions): MeterClient {
  let closing = false
  const lanes = (options.lanes ?? DEFAULT_LANES).map((lane) => openLane({ lane, options, isClosing: () => closing }))
  const connected = (): boolean => lanes.every(({ client }) => client.connected)

  const publishCommand: MeterClient['publishCommand'] = async ({ plant, serial, command }) => {
    const lane = lanes[0]
    if (!lane?.client.connected) throw new Error('not connected to the broker')
    const sent = lane.client.publishAsync(
      meterTopic({ plant, serial, leaf: 'cmd' }),
      encodeMessage(command),
      publishOptions(options, command),
    )
    await withTimeout(sent, PUBLISH_TIMEOUT_MS, 'the broker did not take the command in time')
  }

  const close = async (): Promise<void> => {
    closing = true
    await Promise.race([
      Promise.allSettled(lanes.map(async ({ inHand }) => inHand?.settled())),
      sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false }),
    ])
    await Promise.all(lanes.map(({ client }) => client.endAsync(!client.connected)))
  }

  const ready = async (): Promise<void> => {
    await Promise.all(lanes.map((lane) => lane.ready))
  }

  return { publishCommand, connected, ready, close }
}

interface LaneContext {
  readonly lane: MeterLane
  readonly options: MeterClientOptions
  readonly isClosing: () => boolean
}

function openLane({ lane, options, isClosing }: LaneContext): OpenLane {
  const { url, clientId, protocolVersion = 4, username, password, ca, log, keepaliveS = 60 } = options
  const client = mqtt.connect(url, {
    clientId: `${clientId}-${lane.name}`,
    protocolVersion,
    clean: false,
    resubscribe: false,
    reconnectPeriod: 1_000,
    // A refusal, such as while the broker's accounts are being made anew, is not the end.
    reconnectOnConnackError: true,
    keepalive: keepaliveS,
    manualConnect: true,
    ...(username === undefined ? {} : { username, password }),
    ...(ca === undefined ? {} : { ca }),
    ...(protocolVersion === 5 ? { properties: { sessionExpiryInterval: 0xff_ff_ff_ff, receiveMaximum: lane.window ?? 1 } } : {}),
  })
  const { promise: ready, resolve: becomeReady } = withResolvers()
  const open: OpenLane = { name: lane.name, client, inHand: undefined, ready }
  acknowledgeAfterCommit({ open, lane, options, isClosing })

  let subscribed = false
  let outageTold = false
  client.on('connect', ({ sessionPresent }) => {
    outageTold = false
    log.info({ lane: lane.name, sessionPresent }, 'connected to the broker')
    // Subscribing again makes the broker repeat every retained message: once per start is wanted, at each reconnect it is not.
    const subscription = subscribed && sessionPresent ? Promise.resolve() : subscribe(client, lane, options)
    subscription.then(
      () => {
        subscribed = true
        becomeReady()
        options.onConnect?.()
      },
      (error: unknown) => {
        log.warn({ lane: lane.name, err: error }, 'could not subscribe; reconnecting')
        client.reconnect()
      },
    )
  })
  client.on('close', () => {
    open.inHand?.drop()
  })
  client.on('error', (error) => {
    // Once an outage, not once a second.
    if (!outageTold) log.warn({ lane: lane.name, err: error }, 'broker connection failed')
    outageTold = true
  })
  client.connect()
  return open
}

async function subscribe(client: MqttClient, lane: MeterLane, { plants }: MeterClientOptions): Promise<void> {
  const filters = lane.leaves.flatMap((leaf) => (plants ?? [undefined]).map((plant) => meterFilter(leaf, plant)))
  // Not shared among gateways (`$share`), though MQTT 5 can: Mosquitto forgets shared subscriptions when it restarts (decision 30).
  await client.subscribeAsync(filters, { qos: 1 })
}

function acknowledgeAfterCommit({ open, lane, options, isClosing }: { open: OpenLane } & LaneContext): void {
  const { client } = open
  // Without a handler for batches one message after the other, and none is taken from the socket meanwhile.
  const window = options.onBatch === undefined ? 1 : (lane.window ?? 1)
  client.handleMessage = (packet, goOn) => {
    // Not acknowledging leaves the message with the broker, which sends it again on the next connection.
    if (isClosing()) return
    if (open.inHand?.stream !== client.stream) {
      const commitAll: InHandOptions['commit'] = (messages, givesUp) => commit({ messages, options, givesUp })
      open.inHand = createInHand({ client, window, isClosing, commit: commitAll })
    }
    open.inHand.take(packet, () => goOn(NOT_YET))
  }
}

interface Commit {
  readonly messages: readonly IncomingMessage[]
  readonly options: MeterClientOptions
  readonly givesUp: () => boolean
}

/** Tries until the handler has committed; false when the connection or the process goes first. */
async function commit({ messages, options, givesUp }: Commit): Promise<boolean> {
  const { onMessage, onBatch } = options
  const one = messages.length === 1 ? messages[0] : undefined
  for (let attempt = 0; ; attempt += 1) {
    try {
      if (one !== undefined) await onMessage(one)
      else await onBatch?.(messages)
      return true
    } catch (error) {
      const { topic } = messages[0] ?? {}
      options.log.warn({ topic, messages: messages.length, attempt, err: error }, 'message not committed; trying again')
    }
    await sleep(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 6)))
    if (givesUp()) return false
  }
}

function publishOptions({ protocolVersion }: MeterClientOptions, command: CommandMessage): IClientPublishOptions {
  const base = { qos: 1, retain: RETAINED.cmd } as const
  if (protocolVersion !== 5) return base
  const restS = Math.ceil((Date.parse(command.expires_at) - Date.now()) / 1_000)
  return { ...base, properties: { messageExpiryInterval: Math.max(1, restS), correlationData: Buffer.from(command.command_id) } }
}

async function withTimeout<T>(promise: Promise<T>, ms: number, text: string): Promise<T> {
  const abort = new AbortController()
  const timeout = sleep(ms, undefined, { signal: abort.signal, ref: false }).then(() => {
    throw new Error(text)
  })
  timeout.catch(() => undefined)
  try {
    return await Promise.race([promise, timeout])
  } finally {
    abort.abort()
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
