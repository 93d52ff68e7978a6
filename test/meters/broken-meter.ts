import mqtt from 'mqtt'
import { plantDays } from '../../meters/simulator/plant-days.ts'
import { decodeCommand } from '../../meters/messages.ts'
import type { CommandMessage } from '../../meters/messages.ts'
import { HONEST, stepMeter } from '../../meters/simulator/meter.ts'
import type { MeterInput, MeterWorld } from '../../meters/simulator/meter.ts'
import { newMeter } from '../../meters/simulator/meter-memory.ts'
import type { MeterMemory, MeterSettings } from '../../meters/simulator/meter-memory.ts'
import type { MeterOutput } from '../../meters/simulator/meter-output.ts'
import { RETAINED, meterTopic } from '../../meters/topics.ts'

/** How a meter is broken; what is left out it does right. */
export interface Defect {
  /** What its memory has become by the time it looks at a command. */
  readonly remembers?: (memory: MeterMemory, command: CommandMessage) => MeterMemory
  /** What it takes a command for. */
  readonly reads?: (command: CommandMessage) => CommandMessage
  /** What it makes of bytes that are no command; undefined when it ignores them. */
  readonly guesses?: (payload: Buffer) => CommandMessage | 'dies' | undefined
  /** What it does not even read. */
  readonly overlooks?: (payload: Buffer) => boolean
  /** What it sends in place of what it should; any JSON. */
  readonly says?: (output: MeterOutput) => readonly { readonly leaf: string; readonly message: object }[]
  readonly retains?: (leaf: MeterOutput['leaf']) => boolean
  readonly lies?: boolean
  /** How long a reading is on its way; nothing is wrong with that. */
  readonly readingsTakeMs?: number
}

const FACTORY: MeterSettings = { load_limit_w: 300, active_from: '06:00', active_to: '22:00', utc_offset_min: 330, relay: 'auto' }
const WORLD: MeterWorld = { factory: FACTORY, demandWh: () => 5_000, days: plantDays('Asia/Kolkata'), billingDay: 1 }

/** A meter that works but for its defect. Resolves when it has greeted. */
export async function brokenMeter(at: {
  readonly url: string
  readonly plant: string
  readonly serial: string
  readonly defect: Defect
}): Promise<{ memory(): MeterMemory; close(): Promise<void> }> {
  const { plant, serial, defect } = at
  let memory = newMeter({ startWh: 70_000, fromMs: Date.now() - 3_600_000, settings: FACTORY })
  const client = await mqtt.connectAsync(at.url, { clientId: serial, reconnectPeriod: 0 })
  const sentAt = (leaf: string): string => `${meterTopic({ plant, serial, leaf: 'cmd' }).slice(0, -3)}${leaf}`

  const publish = (leaf: string, text: string, retain: boolean): void => {
    const send = (): unknown => client.publish(sentAt(leaf), text, { qos: 1, retain })
    if (leaf === 'telemetry' && defect.readingsTakeMs !== undefined) setTimeout(send, defect.readingsTakeMs)
    else send()
  }
  const step = (input: MeterInput): void => {
    const now = { businessMs: Date.now(), wallMs: Date.now(), clockErrorMs: 0 }
    const result = stepMeter({ memory, input, world: WORLD, now })
    memory = result.memory
    for (const output of result.output) {
      if (output.leaf === 'telemetry') memory = { ...memory, unsent: [] }
      const retain = defect.retains?.(output.leaf) ?? RETAINED[output.leaf]
      for (const { leaf, message } of defect.says?.(output) ?? [output]) publish(leaf, JSON.stringify(message), retain)
    }
  }
  const obey = (command: CommandMessage): void => {
    memory = defect.remembers?.(memory, command) ?? memory
    const conduct = defect.lies ? { ...HONEST, lies: true } : HONEST
    step({ kind: 'command', command: defect.reads?.(command) ?? command, conduct })
  }
  client.on('message', (_topic, payload) => {
    if (defect.overlooks?.(payload)) return
    const decoded = decodeCommand(payload)
    if (decoded.ok) return obey(decoded.message)
    const guess = defect.guesses?.(payload)
    if (guess === 'dies') client.end(true)
    else if (guess) obey(guess)
  })
  await client.subscribeAsync(meterTopic({ plant, serial, leaf: 'cmd' }), { qos: 1 })
  step({ kind: 'connected' })
  return { memory: () => memory, close: () => client.endAsync(true) }
}
