import { parseArgs } from 'node:util'
import { withoutPassword } from '../broker-url.ts'
import { meterTopic } from '../topics.ts'
import { FAULT_NAMES } from './faults.ts'
import type { FaultPlan } from './faults.ts'

export interface AskedFleet {
  readonly broker: string
  readonly plant: string
  readonly count: number
  readonly faults: FaultPlan
  readonly seed: number
  readonly zone: string
  readonly readingEveryMin: number
  /** A file with load profiles; households are drawn when it is null. */
  readonly load: string | null
  /** Where the meters keep their flash between runs. */
  readonly memory: string
  readonly credentials: { readonly username: string; readonly password: string } | null
}

export const HELP = `npm run meters -- --broker URL --plant P --count N [options]

A fleet of simulated meters in one process, with the serials SIM000001 and so on, until Ctrl-C: then every meter says good-bye.
Each has a connection of its own, counts what its household draws, and obeys commands by the contract (docs/meter-contract.md).

  --broker URL       mqtt:// or mqtts:// (or ws://, wss://)
  --plant P          the plant they report to
  --count N          how many, up to 100000
  --faults F         the share of meters with a fault on any one day, such as 0.05 (default 0): slow, away, repeating, lying, refusing,
                     forgetful, out of order, wrong clock
  --seed S           another seed, other households and other faults (default 1)
  --reading-every M  minutes between readings (default 30)
  --zone Z           where midnight is (default Asia/Kolkata)
  --load FILE        half-hourly load profiles in place of drawn households, such as dev/village/data/village-load.csv
  --memory FILE      where the meters keep registers and settings from run to run (default var/meters-PLANT.json)
  --username U       --password W: for all of them, on a broker without a log-in for each meter
  --help             this text

Ends with 0 after Ctrl-C, 2 when no meter could connect or the arguments are wrong.`

const OPTIONS = {
  broker: { type: 'string' },
  plant: { type: 'string' },
  count: { type: 'string' },
  faults: { type: 'string' },
  seed: { type: 'string' },
  'reading-every': { type: 'string' },
  zone: { type: 'string' },
  load: { type: 'string' },
  memory: { type: 'string' },
  username: { type: 'string' },
  password: { type: 'string' },
  help: { type: 'boolean' },
} as const

/** Reads the arguments; null where help was asked for. Throws in one sentence what is wrong with them. */
export function askedFleet(args: readonly string[]): AskedFleet | null {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  if (values.help === true) return null
  const { broker, plant, count, zone = 'Asia/Kolkata', load = null, username, password } = values
  if (broker === undefined || plant === undefined || count === undefined)
    throw new Error('--broker, --plant and --count are needed (--help tells the rest).')
  if (!/^(mqtts?|wss?):\/\/[^/]/.test(broker) || !URL.canParse(broker))
    throw new Error(`--broker ${withoutPassword(broker)} is no mqtt:// or mqtts:// URL.`)
  meterTopic({ plant, serial: serialOf(1), leaf: 'cmd' })
  if (password !== undefined && username === undefined) throw new Error('--password needs a --username.')
  if (!isZone(zone)) throw new Error(`--zone ${zone} is no time zone.`)
  const seed = wholeNumber('seed', values.seed ?? '1', { from: 0, to: 2 ** 31 })
  return {
    broker,
    plant,
    zone,
    load,
    seed,
    count: wholeNumber('count', count, { from: 1, to: 100_000 }),
    faults: { seed, chancePerDay: spread(values.faults ?? '0') },
    readingEveryMin: wholeNumber('reading-every', values['reading-every'] ?? '30', { from: 1, to: 1_440 }),
    memory: values.memory ?? `var/meters-${plant}.json`,
    credentials: username === undefined ? null : { username, password: password ?? '' },
  }
}

/** The serial of the nth meter, from 1. */
export function serialOf(n: number): string {
  return `SIM${String(n).padStart(6, '0')}`
}

/** The share of faulty meters, spread evenly over the kinds of fault. */
function spread(text: string): NonNullable<FaultPlan['chancePerDay']> {
  const share = Number(text)
  if (!(share >= 0 && share <= 1) || text.trim() === '') throw new Error(`--faults ${text} is no share between 0 and 1.`)
  return Object.fromEntries(FAULT_NAMES.map((name) => [name, share / FAULT_NAMES.length]))
}

function wholeNumber(name: string, text: string, { from, to }: { readonly from: number; readonly to: number }): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isInteger(number) && number >= from && number <= to) return number
  throw new Error(`--${name} ${text} is no whole number from ${from} to ${to}.`)
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
