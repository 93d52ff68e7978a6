import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import type { IClientPublishOptions, IPublishPacket, MqttClient } from 'mqtt'
import { encodeMessage } from './messages.ts'
import type { CommandMessage } from './messages.ts'
import { RETAINED, meterFilter, meterTopic } from './topics.ts'
import type { UplinkLeaf } from './topics.ts'
import { readIncoming } from './incoming.ts'
import type { IncomingMessage } from './incoming.ts'

export interface MeterClientLog {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
}

/** A connection of its own, so that what waits behind it does not hold up the others. */
export interface MeterLane {
  readonly name: string
  readonly leaves: readonly UplinkLeaf[]
}

export interface MeterClientOptions {
  readonly url: string
  /** Fixed per process: the broker keeps the session, and what was not acknowledged, under it. Each lane appends its name. */
  readonly clientId: string
  /** 4 is MQTT 3.1.1 (all the embedded broker speaks); 5 adds message expiry at the broker. */
  readonly protocolVersion?: 4 | 5
  readonly username?: string
  readonly password?: string
  /** Plants to listen to; all when left out. */
  readonly plants?: readonly string[]
  readonly lanes?: readonly MeterLane[]
  /** Resolves when the message is committed; only then is it acknowledged. A rejection is tried again, so bad data must be stored, not thrown. */
  readonly onMessage: (message: IncomingMessage) => Promise<void>
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
  { name: 'control', leaves: ['status', 'state', 'ack'] },
  { name: 'readings', leaves: ['telemetry', 'event'] },
]

const PUBLISH_TIMEOUT_MS = 10_000
const CLOSE_TIMEOUT_MS = 5_000
const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 5_000
const RECEIVE_MAXIMUM = 20

interface OpenLane {
  readonly name: string
  readonly client: MqttClient
  /** Counts connections: an acknowledgement belongs to the connection its message came on. */
  connection: number
  inHand: Promise<unknown>
  readonly ready: Promise<void>
}

/**
 * The gateway's side of MQTT: QoS 1, persistent sessions, and PUBACK only after `onMessage` has resolved.
 *
 * mqtt.js offers `customHandleAcks` for that, but ignores it below MQTT 5; replacing `handleMessage` works in both and is public.
 * A lane holds one message in hand at a time and stops reading its socket meanwhile, which bounds memory and keeps order.
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
      Promise.allSettled(lanes.map(({ inHand }) => inHand)),
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
  const { url, clientId, protocolVersion = 4, username, password, log, keepaliveS = 60 } = options
  const client = mqtt.connect(url, {
    clientId: `${clientId}-${lane.name}`,
    protocolVersion,
    clean: false,
    resubscribe: false,
    reconnectPeriod: 1_000,
    keepalive: keepaliveS,
    manualConnect: true,
    ...(username === undefined ? {} : { username, password }),
    ...(protocolVersion === 5 ? { properties: { sessionExpiryInterval: 0xff_ff_ff_ff, receiveMaximum: RECEIVE_MAXIMUM } } : {}),
  })
  const { promise: ready, resolve: becomeReady } = withResolvers()
  const open: OpenLane = { name: lane.name, client, connection: 0, inHand: Promise.resolve(), ready }
  acknowledgeAfterCommit({ open, options, isClosing })

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
    open.connection += 1
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
  await client.subscribeAsync(filters, { qos: 1 })
}

function acknowledgeAfterCommit({ open, options, isClosing }: { open: OpenLane } & Omit<LaneContext, 'lane'>): void {
  open.client.handleMessage = (packet, acknowledge) => {
    const { connection } = open
    // Not acknowledging leaves the message with the broker, which sends it again on the next connection.
    const isStale = (): boolean => open.connection !== connection
    if (isClosing()) return
    open.inHand = commit({ packet, options, givesUp: () => isStale() || isClosing() }).then((committed) => {
      if (committed && !isStale()) acknowledge()
    })
  }
}

interface Commit {
  readonly packet: IPublishPacket
  readonly options: MeterClientOptions
  readonly givesUp: () => boolean
}

/** Tries until the handler has committed; false when the connection or the process goes first. */
async function commit({ packet, options, givesUp }: Commit): Promise<boolean> {
  const message = readIncoming(packet)
  for (let attempt = 0; ; attempt += 1) {
    try {
      await options.onMessage(message)
      return true
    } catch (error) {
      options.log.warn({ topic: packet.topic, attempt, err: error }, 'message not committed; trying again')
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
