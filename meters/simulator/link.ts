import mqtt from 'mqtt'
import type { MqttClient } from 'mqtt'
import { encodeMessage } from '../messages.ts'
import { RETAINED, meterTopic } from '../topics.ts'
import type { MeterOutput } from './meter-output.ts'

export interface LinkLog {
  debug(fields: object, text: string): void
  warn(fields: object, text: string): void
}

export interface LinkOptions {
  readonly url: string
  readonly protocolVersion: 4 | 5
  readonly credentials: { readonly username: string; readonly password: string } | null
  readonly plant: string
  readonly serial: string
  readonly bootId: () => number
  readonly onUp: () => void
  readonly onDown: () => void
  readonly onCommand: (payload: Buffer) => void
  readonly log: LinkLog
}

/** A meter's connection to the broker, which may be cut and opened again. */
export interface Link {
  /** Opens the connection; resolves when it is first up. Does nothing when there is one. */
  open(): Promise<void>
  /** Cuts it as a lost signal would; the broker sends the last will. */
  cut(): Promise<void>
  /** Says good-bye and disconnects. */
  close(): Promise<void>
  isUp(): boolean
  /** How many messages the broker has taken. */
  taken(): number
  /** Sends to the broker if the connection is up; `onTaken` is called when the broker has taken it. */
  send(output: MeterOutput, onTaken: () => void): void
}

const SHORTEST_RECONNECT_MS = 500
const LONGEST_RECONNECT_MS = 3_000

export function createLink(options: LinkOptions): Link {
  const { plant, serial, bootId, log } = options
  let client: MqttClient | null = null
  let taken = 0
  let firstUp: Promise<void> = Promise.resolve()

  const open = (): Promise<void> => {
    if (client !== null) return firstUp
    const opened = connectMeter(options)
    client = opened
    opened.on('message', (_topic, payload) => options.onCommand(payload))
    opened.on('close', () => client === opened && options.onDown())
    opened.on('error', (error) => log.debug({ serial, err: error }, 'meter connection failed'))
    firstUp = new Promise((resolve) => {
      opened.on('connect', () => {
        // Subscribed before it says it is online, so that a command sent on hearing that cannot miss it.
        opened.subscribe(meterTopic({ plant, serial, leaf: 'cmd' }), { qos: 1 }, (error) => {
          if (!error && client === opened) options.onUp()
          resolve()
        })
      })
      opened.once('end', resolve)
    })
    return firstUp
  }

  const cut = async (): Promise<void> => {
    const gone = client
    client = null
    if (gone?.connected) options.onDown()
    await gone?.endAsync(true)
  }

  const close = async (): Promise<void> => {
    const leaving = client
    client = null
    if (leaving?.connected) {
      const goodbye = encodeMessage({ v: 1, online: false, boot_id: bootId() })
      await leaving.publishAsync(meterTopic({ plant, serial, leaf: 'status' }), goodbye, { qos: 1, retain: true })
    }
    await leaving?.endAsync(!leaving.connected)
  }

  const send = ({ leaf, message }: MeterOutput, onTaken: () => void): void => {
    if (!client?.connected) return
    client.publish(meterTopic({ plant, serial, leaf }), encodeMessage(message), { qos: 1, retain: RETAINED[leaf] }, (error) => {
      if (error) return
      taken += 1
      onTaken()
    })
  }

  return { open, cut, close, isUp: () => client?.connected ?? false, taken: () => taken, send }
}

function connectMeter({ url, protocolVersion, credentials, plant, serial, bootId }: LinkOptions): MqttClient {
  return mqtt.connect(url, {
    clientId: serial,
    protocolVersion,
    // No session at the broker: the gateway sends the newest desired state when the meter comes online, older ones are of no use.
    clean: true,
    resubscribe: false,
    // A refusal, such as while the broker's accounts are being made anew, is not the end.
    reconnectOnConnackError: true,
    // Spread, so that a broker that comes back is not met by the whole village in the same moment.
    reconnectPeriod: SHORTEST_RECONNECT_MS + Math.floor(Math.random() * (LONGEST_RECONNECT_MS - SHORTEST_RECONNECT_MS)),
    ...credentials,
    will: {
      topic: meterTopic({ plant, serial, leaf: 'status' }),
      payload: encodeMessage({ v: 1, online: false, boot_id: bootId() }),
      qos: 1,
      retain: true,
    },
  })
}
