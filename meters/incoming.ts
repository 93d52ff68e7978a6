import type { IPublishPacket } from 'mqtt'
import { decodeAck, decodeEvent, decodeState, decodeStatus, decodeTelemetry } from './messages.ts'
import type {
  AckMessage,
  Decoded,
  EventMessage,
  MessageProblem,
  StateMessage,
  StatusMessage,
  TelemetryMessage,
} from './messages.ts'
import { parseMeterTopic } from './topics.ts'
import type { UplinkLeaf } from './topics.ts'

interface Envelope {
  readonly topic: string
  readonly plant: string
  readonly serial: string
  /** The bytes as they came, to be stored beside what was read from them. */
  readonly raw: Buffer
  /** Sent from the broker's memory at subscribing, not by the meter just now. */
  readonly retained: boolean
}

/** What a meter sent, by its leaf; or `unreadable`, which is stored for a person to look at and never tried again. */
export type IncomingMessage =
  | (Envelope & { readonly leaf: 'status'; readonly message: StatusMessage })
  | (Envelope & { readonly leaf: 'telemetry'; readonly message: TelemetryMessage })
  | (Envelope & { readonly leaf: 'event'; readonly message: EventMessage })
  | (Envelope & { readonly leaf: 'state'; readonly message: StateMessage })
  | (Envelope & { readonly leaf: 'ack'; readonly message: AckMessage })
  | {
      readonly leaf: 'unreadable'
      readonly topic: string
      readonly raw: Buffer
      readonly retained: boolean
      readonly problem: MessageProblem
    }

type ReadLeaf = (envelope: Envelope) => IncomingMessage

const READERS: Readonly<Record<UplinkLeaf, ReadLeaf>> = {
  status: (at) => settle(at, decodeStatus(at.raw), (message) => ({ ...at, leaf: 'status', message })),
  telemetry: (at) => settle(at, decodeTelemetry(at.raw), (message) => ({ ...at, leaf: 'telemetry', message })),
  event: (at) => settle(at, decodeEvent(at.raw), (message) => ({ ...at, leaf: 'event', message })),
  state: (at) => settle(at, decodeState(at.raw), (message) => ({ ...at, leaf: 'state', message })),
  ack: (at) => settle(at, decodeAck(at.raw), (message) => ({ ...at, leaf: 'ack', message })),
}

/** Reads one packet; never throws. */
export function readIncoming(packet: Pick<IPublishPacket, 'topic' | 'payload' | 'retain'>): IncomingMessage {
  const raw = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload)
  const at = { topic: packet.topic, raw, retained: packet.retain }
  const topic = parseMeterTopic(packet.topic)
  if (topic === null || topic.leaf === 'cmd') {
    return { ...at, leaf: 'unreadable', problem: { code: 'WRONG_SHAPE', detail: 'not a topic a meter may send on' } }
  }
  return READERS[topic.leaf]({ ...at, plant: topic.plant, serial: topic.serial })
}

function settle<T>(at: Envelope, decoded: Decoded<T>, read: (message: T) => IncomingMessage): IncomingMessage {
  if (decoded.ok) return read(decoded.message)
  return { leaf: 'unreadable', topic: at.topic, raw: at.raw, retained: at.retained, problem: decoded.problem }
}
