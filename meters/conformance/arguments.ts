import { parseArgs } from 'node:util'
import { withoutPassword } from '../broker-url.ts'
import { meterTopic } from '../topics.ts'

export interface Asked {
  readonly broker: string
  readonly serial: string
  readonly plant?: string
  readonly username?: string
  readonly password?: string
  readonly waitMs: number
  readonly listenMs: number
  readonly reconnect: boolean
  readonly json: boolean
}

export const HELP = `npm run meter-conformance -- --broker URL --serial S [options]

Plays the server's side for one real meter and examines it rule by rule against the contract (docs/meter-contract.md).
It switches the supply behind the meter several times, and puts the meter back as it was. Nothing else may command it meanwhile.

  --broker URL      mqtt:// or mqtts:// (or ws://, wss://); a CA of one's own goes into NODE_EXTRA_CA_CERTS
  --serial S        the meter's serial
  --plant P         the plant it reports to, where the log-in may not listen to all
  --username U      --password W
  --wait S          how long one answer may take, in seconds (default 20)
  --listen S        how long to listen for the meter at first, in seconds (default 30)
  --reconnect       asks for the meter's power to be cut during the run, to see its last will
  --json            one JSON object on stdout: {"serial":…,"plant":…,"lines":[{"check":…,"says":…,"result":…,"because":…}]}
  --help            this text

Ends with 0 when no check failed, 1 when one did, 2 when there was nothing to examine.`

const OPTIONS = {
  broker: { type: 'string' },
  serial: { type: 'string' },
  plant: { type: 'string' },
  username: { type: 'string' },
  password: { type: 'string' },
  wait: { type: 'string' },
  listen: { type: 'string' },
  reconnect: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

const DEFAULT_WAIT_S = '20'
const DEFAULT_LISTEN_S = '30'

/** Reads the arguments; null where help was asked for. Throws in one sentence what is wrong with them. */
export function askedOf(args: readonly string[]): Asked | null {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  if (values.help === true) return null
  const { broker, serial, plant, username, password, reconnect = false, json = false } = values
  if (broker === undefined || serial === undefined) throw new Error('--broker and --serial are needed (--help tells the rest).')
  if (!/^(mqtts?|wss?):\/\/[^/]/.test(broker) || !URL.canParse(broker))
    throw new Error(`--broker ${withoutPassword(broker)} is no mqtt:// or mqtts:// URL.`)
  // Refuses what could reach outside the meter's own branch.
  meterTopic({ plant: plant ?? 'any', serial, leaf: 'cmd' })
  if (password !== undefined && username === undefined) throw new Error('--password needs a --username.')
  return {
    broker,
    serial,
    ...(plant === undefined ? {} : { plant }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    waitMs: milliseconds('wait', values.wait ?? DEFAULT_WAIT_S),
    listenMs: milliseconds('listen', values.listen ?? DEFAULT_LISTEN_S),
    reconnect,
    json,
  }
}

function milliseconds(name: string, text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds <= 3_600)) throw new Error(`--${name} ${text} is no number of seconds up to 3600.`)
  return seconds * 1_000
}
