import { setTimeout as sleep } from 'node:timers/promises'
import { decodeCommand } from '../messages.ts'
import type { TelemetryMessage } from '../messages.ts'
import type { FaultsNow } from './faults.ts'
import { createLink } from './link.ts'
import type { Link, LinkOptions } from './link.ts'
import { nextDueMs, stepMeter } from './meter.ts'
import type { MeterInput, MeterWorld } from './meter.ts'
import type { MeterMemory } from './meter-memory.ts'
import type { MeterOutput } from './meter-output.ts'

export interface DeviceOptions extends Pick<LinkOptions, 'url' | 'protocolVersion' | 'credentials' | 'plant' | 'serial' | 'log'> {
  readonly memory: MeterMemory
  readonly world: MeterWorld
  readonly businessMs: () => number
  readonly wallMs: () => number
  readonly faults: () => FaultsNow
  /** Resolves when the memory of the fleet, this meter's included, is kept. */
  readonly persist: () => Promise<void>
  /** Told of each batch of readings that the broker has acknowledged. */
  readonly onAcknowledged: (batch: TelemetryMessage) => void
}

/** One simulated meter: the thin shell around `stepMeter`. */
export interface Device {
  readonly serial: string
  readonly link: Pick<Link, 'open' | 'cut' | 'isUp' | 'taken'>
  memory(): MeterMemory
  /** Business time of its next midnight or end of validity. */
  dueMs(): number
  step(input: MeterInput): void
  setDemand(demandWh: MeterWorld['demandWh']): void
  /** Lets what is being sent go out, says good-bye and disconnects. */
  close(): Promise<void>
}

export function createDevice(options: DeviceOptions): Device {
  const { serial, log } = options
  let { memory, world } = options
  let sending: Promise<void> = Promise.resolve()
  let lastBatch: MeterOutput | null = null

  const step = (input: MeterInput): void => {
    const faults = options.faults()
    const now = { businessMs: options.businessMs(), wallMs: options.wallMs(), clockErrorMs: faults.clockErrorMs }
    const result = stepMeter({ memory, input, world, now })
    memory = result.memory
    if (result.output.length === 0) return
    const messages = misdelivered(result.output, { faults, lastBatch })
    lastBatch = result.output.findLast(({ leaf }) => leaf === 'telemetry') ?? lastBatch
    sending = sending
      .then(() => send(messages, faults.slowMs))
      .catch((error: unknown) => log.warn({ serial, err: error }, 'meter could not send'))
  }

  const link = createLink({
    ...options,
    bootId: () => memory.bootId,
    onUp: () => step({ kind: 'connected' }),
    onDown: () => step({ kind: 'disconnected' }),
    onCommand: (payload) => {
      const decoded = decodeCommand(payload)
      if (!decoded.ok) return log.warn({ serial, problem: decoded.problem }, 'meter could not read a command')
      const { lies, refuses } = options.faults()
      step({ kind: 'command', command: decoded.message, conduct: { lies, refuses } })
    },
  })

  // Kept before it is told: after a crash the meter must not say less than it has said already.
  const send = async (messages: readonly MeterOutput[], slowMs: number): Promise<void> => {
    await options.persist()
    if (slowMs > 0) await sleep(slowMs)
    for (const output of messages) {
      link.send(output, () => {
        if (output.leaf !== 'telemetry') return
        options.onAcknowledged(output.message)
        step({ kind: 'delivered', batch: output.message })
      })
    }
  }

  return {
    serial,
    link,
    memory: () => memory,
    dueMs: () => nextDueMs(memory, world),
    step,
    setDemand: (demandWh) => {
      step({ kind: 'time' })
      world = { ...world, demandWh }
    },
    close: async () => {
      await sending
      await link.close()
    },
  }
}

/** The messages as a faulty meter would send them. */
function misdelivered(
  output: readonly MeterOutput[],
  { faults, lastBatch }: { faults: FaultsNow; lastBatch: MeterOutput | null },
): MeterOutput[] {
  const ordered = faults.shuffles ? output.toReversed().map(newestFirst) : [...output]
  if (!faults.repeats) return ordered
  return [...ordered.flatMap((message) => [message, message]), ...(lastBatch === null ? [] : [lastBatch])]
}

function newestFirst(output: MeterOutput): MeterOutput {
  if (output.leaf !== 'telemetry') return output
  return { leaf: 'telemetry', message: { ...output.message, readings: output.message.readings.toReversed() } }
}
