import { isDeepStrictEqual } from 'node:util'
import type { IncomingMessage } from '../incoming.ts'
import type { Reading } from '../messages.ts'
import { parseMeterTopic } from '../topics.ts'
import type { Bench } from './bench.ts'
import { notTested, unless } from './verdict.ts'
import type { Verdict, Verdicts } from './verdict.ts'

interface KeyedReading {
  readonly bootId: number
  readonly reading: Reading
}

/** What the record of the whole run tells. */
export function examineRecord({ wire, plant }: Bench): Verdicts {
  const heard = wire.heard()
  const readings = heard.flatMap((message) =>
    message.leaf === 'telemetry'
      ? message.message.readings.map((reading): KeyedReading => ({ bootId: message.message.boot_id, reading }))
      : [],
  )
  return {
    ownBranch: unless(strayTopic(heard, plant)),
    messagesFit: unless(misfit(heard)),
    readingKeys: readings.length < 2 ? notTested('fewer than two readings were heard') : unless(keyProblem(readings)),
    energyNeverFalls: energyVerdict(heard, readings),
  }
}

function strayTopic(heard: readonly IncomingMessage[], plant: string): string | undefined {
  const stray = heard.find(({ topic }) => parseMeterTopic(topic)?.plant !== plant)
  return stray && `it published on ${stray.topic}`
}

function misfit(heard: readonly IncomingMessage[]): string | undefined {
  const problems = heard.flatMap((message) =>
    message.leaf === 'unreadable' && parseMeterTopic(message.topic) !== null
      ? [`${message.topic.split('/').at(-1) ?? ''}: ${message.problem.detail}`]
      : [],
  )
  const [first] = problems
  return first && (problems.length === 1 ? first : `${first} (and ${problems.length - 1} more)`)
}

function keyProblem(readings: readonly KeyedReading[]): string | undefined {
  const byKey = new Map<string, KeyedReading>()
  for (const keyed of readings) {
    const key = `(${keyed.bootId}, ${keyed.reading.seq})`
    const known = byKey.get(key) ?? keyed
    if (!isDeepStrictEqual(known.reading, keyed.reading)) return `two different readings have the key ${key}`
    byKey.set(key, known)
  }
  const [earlier, later] = fallingPair(inOrder(byKey.values()), ({ reading }) => Date.parse(reading.ts))
  return earlier && later && `seq ${later.reading.seq} was read before seq ${earlier.reading.seq}`
}

function energyVerdict(heard: readonly IncomingMessage[], readings: readonly KeyedReading[]): Verdict {
  const states = heard.flatMap((message) => (message.leaf === 'state' ? (message.message.energy_import_wh ?? []) : []))
  if (readings.length < 2 && states.length < 2) return notTested('fewer than two registers were heard')
  const [before, after] = fallingPair(
    inOrder(readings).map(({ reading }) => reading.energy_import_wh),
    (wh) => wh,
  )
  const [stateBefore, stateAfter] = fallingPair(states, (wh) => wh)
  const [from, to] = after === undefined ? [stateBefore, stateAfter] : [before, after]
  return unless(to === undefined ? undefined : `it fell from ${from} Wh to ${to} Wh`)
}

function inOrder(readings: Iterable<KeyedReading>): KeyedReading[] {
  return [...readings].toSorted((a, b) => a.bootId - b.bootId || a.reading.seq - b.reading.seq)
}

/** The first two neighbours of which the second is lower; nothing when none is. */
function fallingPair<T>(list: readonly T[], valueOf: (item: T) => number): readonly [T?, T?] {
  for (const [index, item] of list.entries()) {
    const next = list[index + 1]
    if (next !== undefined && valueOf(next) < valueOf(item)) return [item, next]
  }
  return []
}
