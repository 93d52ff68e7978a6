import type { IPublishPacket, MqttClient } from 'mqtt'
import { readIncoming } from './incoming.ts'
import type { IncomingMessage } from './incoming.ts'

/** What one connection has delivered and nobody has committed yet. It is not acknowledged, so the broker still has it too. */
export interface InHand {
  /** Of the connection. An acknowledgement belongs to it: packet ids mean nothing on another. */
  readonly stream: MqttClient['stream']
  /** Takes a packet; the next one is read at once, or when there is room again. */
  take(packet: IPublishPacket, readNext: () => void): void
  /** The connection is gone: nothing of it is begun or acknowledged any more, since it comes again on the next one. */
  drop(): void
  /** Resolves when the batch that is being committed is done with. */
  settled(): Promise<unknown>
}

export interface InHandOptions {
  readonly client: MqttClient
  /** Messages at most; 1 is one after the other. */
  readonly window: number
  /** Resolves to true once all of them are committed; to false when it gave up. */
  readonly commit: (messages: readonly IncomingMessage[], givesUp: () => boolean) => Promise<boolean>
  readonly isClosing: () => boolean
}

interface Held {
  readonly message: IncomingMessage
  /** None for QoS 0, which is not acknowledged. */
  readonly packetId: number | undefined
}

/** Beside the window: what may wait in memory though every message is as large as a meter may make it. */
const LARGEST_HELD_BYTES = 4 * 1024 * 1024
const PUBACK = 0x40

/**
 * Collects what arrives while a batch is being committed; that is the next batch. Acknowledged in the order it came, as MQTT
 * asks (4.6), and only after the commit.
 */
export function createInHand({ client, window, commit, isClosing }: InHandOptions): InHand {
  const { stream } = client
  let waiting: Held[] = []
  let committing: readonly Held[] = []
  let readNext: (() => void) | undefined
  let isGone = false
  let work: Promise<void> | undefined
  const givesUp = (): boolean => isGone || isClosing()

  const hasRoom = (): boolean => {
    const held = [...committing, ...waiting]
    return held.length < window && held.reduce((bytes, { message }) => bytes + message.raw.length, 0) < LARGEST_HELD_BYTES
  }
  const readOn = (): void => {
    if (givesUp() || !hasRoom()) return
    const next = readNext
    readNext = undefined
    next?.()
  }
  const commitWaiting = async (): Promise<void> => {
    committing = waiting
    waiting = []
    const isCommitted = await commit(
      committing.map(({ message }) => message),
      givesUp,
    )
    if (!isCommitted || isGone) return
    for (const { packetId } of committing) if (packetId !== undefined) stream.write(pubackOf(packetId))
    committing = []
    readOn()
  }
  const commitAll = async (): Promise<void> => {
    // What came in the same packet of the network belongs to the same batch.
    await new Promise((resolve) => setImmediate(resolve))
    try {
      while (waiting.length > 0 && !givesUp()) await commitWaiting()
    } finally {
      work = undefined
    }
  }
  const take = (packet: IPublishPacket, goOn: () => void): void => {
    if (givesUp()) return
    waiting.push({ message: readIncoming(packet), packetId: packet.qos === 0 ? undefined : packet.messageId })
    readNext = goOn
    work ??= commitAll()
    readOn()
  }
  const drop = (): void => {
    isGone = true
    waiting = []
  }
  return { stream, take, drop, settled: () => work ?? Promise.resolve() }
}

/** The four bytes of a PUBACK that says "success", the same in MQTT 3.1.1 (3.4) and 5 (3.4.2.1: the reason may be left out). */
export function pubackOf(packetId: number): Buffer {
  return Buffer.from([PUBACK, 2, packetId >> 8, packetId & 0xff])
}
