import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import type { BrokerAnswer, BrokerCommand } from './commands.ts'

const ASK = '$CONTROL/dynamic-security/v1'
const ANSWER = `${ASK}/response`
const ANSWER_WITHIN_MS = 10_000
const ASK_AGAIN_AFTER_MS = 5_000

export interface BrokerControlOptions {
  readonly url: string
  readonly username: string
  readonly password: string
  /** Certificates by which a broker with TLS is known; those of the system when left out. */
  readonly ca?: Buffer | undefined
  /** Called when the broker can be asked (again): it may be another one than before, or have forgotten. */
  readonly onConnect: () => void
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void }
}

export interface BrokerControl {
  connected(): boolean
  /**
   * Has the broker do these, in order, and returns an answer for each. Rejects when it is not there or does not answer within 10 s:
   * then nobody knows what was done, so whoever asks must be able to ask again.
   */
  run(commands: readonly BrokerCommand[]): Promise<readonly BrokerAnswer[]>
  close(): Promise<void>
}

type Numbered = BrokerAnswer & { readonly correlationData?: string }

/** The connection by which accounts are managed at Mosquitto's dynamic security plugin, under an account that may do only this. */
export function createBrokerControl({ url, log, onConnect, ...access }: BrokerControlOptions): BrokerControl {
  const client = mqtt.connect(url, {
    ...access,
    clientId: `diya-access-${randomUUID()}`,
    protocolVersion: 4,
    reconnectPeriod: 1_000,
    // Without this a refusal, such as while the password is being changed, would be the end.
    reconnectOnConnackError: true,
    resubscribe: false,
    queueQoSZero: false,
  })
  const waiting = new Map<string, (answer: Numbered) => void>()
  const state = { isReady: false, isOutageTold: false, isRefusalTold: false }
  client.on('connect', () => {
    client.subscribeAsync(ANSWER, { qos: 1 }).then(
      () => {
        Object.assign(state, { isReady: true, isOutageTold: false, isRefusalTold: false })
        log.info({}, 'may let meters in and throw them out')
        onConnect()
      },
      (error: unknown) => {
        if (!state.isRefusalTold) log.warn({ err: error }, 'the broker does not let its accounts be managed; trying again')
        state.isRefusalTold = true
        setTimeout(() => client.reconnect(), ASK_AGAIN_AFTER_MS).unref()
      },
    )
  })
  client.on('close', () => {
    state.isReady = false
  })
  client.on('error', (error) => {
    if (!state.isOutageTold) log.warn({ err: error }, 'cannot reach the broker to manage its accounts')
    state.isOutageTold = true
  })
  client.on('message', (_topic, payload) => {
    for (const answer of answersIn(payload)) waiting.get(answer.correlationData ?? '')?.(answer)
  })

  const run = async (commands: readonly BrokerCommand[]): Promise<readonly BrokerAnswer[]> => {
    if (!state.isReady) throw new Error('not connected to the broker')
    return ask({ commands, waiting, send: (text) => client.publish(ASK, text, { qos: 0 }) })
  }
  return {
    connected: () => state.isReady,
    run,
    close: async () => {
      await client.endAsync(true)
    },
  }
}

interface Asking {
  readonly commands: readonly BrokerCommand[]
  readonly waiting: Map<string, (answer: Numbered) => void>
  readonly send: (text: string) => unknown
}

/** Numbers the commands, sends them as one message and waits for an answer to each. */
async function ask({ commands, waiting, send }: Asking): Promise<readonly BrokerAnswer[]> {
  const asked = commands.map((command) => ({ ...command, correlationData: randomUUID() }))
  const answers = Promise.all(
    asked.map(({ correlationData }) => new Promise<Numbered>((resolve) => waiting.set(correlationData, resolve))),
  )
  const given = new AbortController()
  try {
    const tooLate = sleep(ANSWER_WITHIN_MS, 'too late' as const, { signal: given.signal, ref: false })
    tooLate.catch(() => undefined)
    send(JSON.stringify({ commands: asked }))
    const outcome = await Promise.race([answers, tooLate])
    if (outcome === 'too late') throw new Error('the broker did not answer in time')
    return outcome
  } finally {
    given.abort()
    for (const { correlationData } of asked) waiting.delete(correlationData)
  }
}

/** The answers in one message; none in what is not of the plugin's form. */
function answersIn(payload: Buffer): readonly Numbered[] {
  try {
    const { responses } = JSON.parse(payload.toString()) as { readonly responses?: readonly Numbered[] }
    return responses ?? []
  } catch {
    return []
  }
}
