import { addDays, addToInstant, atTimeOn, dateAt, daysBetween } from '../../domain/calendar.ts'
import type { MeterKind } from '../../domain/package.ts'
import { periodContaining } from '../../domain/period.ts'
import { ZONE } from '../world.ts'
import { agreements } from './agreements.ts'
import type { Deed, Habit, Life, Plan, PlannedEvent } from './life.ts'
import { channelOf, moment } from './moments.ts'
import { payments, troubled } from './payments.ts'
import { type Random, randomOf } from './random.ts'

export interface PlanOptions {
  readonly customers: number
  readonly months: number
  readonly seed: number
}

/** The first working morning of every simulation. */
export const STARTS_AT = '2026-07-01T03:30:00.000Z'
const POLES = 31

interface Offered {
  readonly code: string
  readonly kinds: readonly [MeterKind, ...MeterKind[]]
  readonly dailyWh: number
}

/** Codes with the meters that serve them, and what a household there uses a day, in Wh. */
const PACKAGES: readonly (readonly [number, Offered])[] = [
  [14, { code: 'A1.1', kinds: ['load_limiter'], dailyWh: 0 }],
  [14, { code: 'A1.2', kinds: ['load_limiter', 'smart'], dailyWh: 200 }],
  [12, { code: 'A2.1', kinds: ['smart'], dailyWh: 600 }],
  [34, { code: 'B1.1', kinds: ['smart', 'smart', 'conventional'], dailyWh: 760 }],
  [16, { code: 'B1.2', kinds: ['smart', 'conventional'], dailyWh: 1_750 }],
  [7, { code: 'B1.3', kinds: ['smart'], dailyWh: 2_300 }],
  [3, { code: 'B2.1', kinds: ['smart'], dailyWh: 3_000 }],
]

const HABITS: readonly (readonly [number, Habit])[] = [
  [45, 'punctual'],
  [19, 'late'],
  [12, 'in-parts'],
  [8, 'ahead'],
  [6, 'by-transfer'],
  [7, 'stops'],
  [3, 'never-again'],
]

const CATEGORIES: readonly (readonly [number, string])[] = [
  [62, 'low-income'],
  [22, 'lower-middle-income'],
  [11, 'micro-enterprise'],
  [2, 'school'],
  [1, 'hospital'],
  [2, 'panchayat'],
]

/** Draws everything that will happen by itself: the same numbers, the same plan, whoever then carries it out. */
export function planLives({ customers, months, seed }: PlanOptions): Plan {
  const endsAt = addToInstant(STARTS_AT, `P${months}M`, ZONE)
  const lives = Array.from({ length: customers }, (_, life) => newLife(seed, life))
  const events = lives.flatMap((life) => eventsOf(life, { seed, months, endsAt }))
  return { seed, startsAt: STARTS_AT, endsAt, lives, events: inOrder(events) }
}

function inOrder(events: readonly PlannedEvent[]): PlannedEvent[] {
  return events.toSorted((a, b) => (a.at === b.at ? a.life - b.life : a.at < b.at ? -1 : 1))
}

function newLife(seed: number, life: number): Life {
  const random = randomOf(seed, 'life', life)
  const { code, kinds, dailyWh } = random.pick(PACKAGES)
  return {
    life,
    habit: random.pick(HABITS),
    packageCode: code,
    meterKind: kinds[random.whole(0, kinds.length - 1)] ?? kinds[0],
    pole: String((life % POLES) + 1).padStart(3, '0'),
    category: random.pick(CATEGORIES),
    hasPhone: random.chance(0.9),
    depositParts: random.pick([
      [8, 1],
      [1, 2],
      [1, 3],
    ]),
    dailyWh: Math.round(dailyWh * (0.75 + 0.5 * random.next())),
  }
}

export interface Span {
  readonly seed: number
  readonly months: number
  readonly endsAt: string
}

function eventsOf(life: Life, span: Span): PlannedEvent[] {
  const random = randomOf(span.seed, 'events', life.life)
  // Two thirds join in the first six weeks, the others at any time.
  const days = daysBetween(dateAt(STARTS_AT, ZONE), dateAt(span.endsAt, ZONE))
  const joinsOn = addDays(dateAt(STARTS_AT, ZONE), random.chance(0.66) ? random.whole(0, 42) : random.whole(0, days - 1))
  const leavesOn = random.chance(0.12) ? addDays(joinsOn, random.whole(60, 700)) : undefined
  const last = leavesOn ?? dateAt(span.endsAt, ZONE)
  // Streams of their own: what was drawn before them stays as it was.
  const [agreeing, onTheWay] = [randomOf(span.seed, 'agreements', life.life), randomOf(span.seed, 'on-the-way', life.life)]
  const deeds: (readonly [string, Deed])[] = [
    [atTimeOn(joinsOn, '09:05', ZONE), { kind: 'apply' }],
    ...joining(random, joinsOn),
    ...payments(life, { random, from: addDays(joinsOn, 14), to: last }),
    ...agreements(life, { random: agreeing, from: joinsOn, to: last }),
    ...lately(life, { random: randomOf(span.seed, 'late', life.life), changing: changes(life, random, { joinsOn, days }) }),
    ...troubles(life, random, { joinsOn, days }),
    ...(leavesOn === undefined ? [] : [leaving(random, leavesOn)]),
  ]
  return deeds
    .filter(([at]) => at < span.endsAt)
    .map((deed) => troubled(deed, onTheWay))
    .map(([at, deed]) => ({ ...deed, life: life.life, at }))
}

/** Deposit and activation: at once, in two parts, or never. */
function joining(random: Random, joinsOn: string): (readonly [string, Deed])[] {
  const pay = (afterDays: number, deed: Omit<Extract<Deed, { kind: 'pay' }>, 'kind' | 'channel'>): readonly [string, Deed] => [
    moment(random, addDays(joinsOn, afterDays)),
    { kind: 'pay', channel: channelOf(random), ...deed },
  ]
  const way = random.next()
  if (way < 0.02) return []
  if (way < 0.7) return [pay(3, { how: { kind: 'all' } })]
  return [pay(3, { how: { kind: 'share', share: 0.5 } }), pay(9, { how: { kind: 'all' } })]
}

/** What a household may change to; from post-paid to pre-paid, and back, as well. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  'A1.1': ['A1.2', 'A2.1'],
  'A1.2': ['A1.1', 'A2.1', 'B1.1'],
  'A2.1': ['A1.2', 'B1.1'],
  'B1.1': ['B1.2', 'A2.1'],
  'B1.2': ['B1.1', 'B1.3', 'A2.1'],
  'B1.3': ['B1.2', 'B1.1'],
  'B2.1': ['B1.2'],
}

interface Years {
  readonly joinsOn: string
  readonly days: number
}

function changes(life: Life, random: Random, { joinsOn, days }: Years): (readonly [string, Deed])[] {
  const found: (readonly [string, Deed])[] = []
  let code = life.packageCode
  for (let on = random.whole(60, 700); on < days; on += random.whole(150, 900)) {
    if (!random.chance(0.6)) continue
    const others = OTHERS[code] ?? []
    const to = others[random.whole(0, others.length - 1)]
    if (to === undefined) continue
    const takesEffect = to[0] === code[0] && random.chance(0.3) ? 'at-once' : 'next-period'
    found.push([moment(random, addDays(joinsOn, on)), { kind: 'change-package', to, takesEffect }])
    code = to
  }
  return found
}

/**
 * Half of the smart meters that are to change are out of reach when that month begins: their package changes in its middle, also from post-paid
 * to pre-paid, which otherwise is a change of the first.
 */
function lately(
  life: Life,
  { random, changing }: { random: Random; changing: (readonly [string, Deed])[] },
): (readonly [string, Deed])[] {
  if (life.meterKind !== 'smart') return changing
  return changing.flatMap((change): (readonly [string, Deed])[] => {
    const { to } = periodContaining(dateAt(change[0], ZONE), 1)
    if (!random.chance(0.5)) return [change]
    return [
      change,
      [moment(random, addDays(to, -1)), { kind: 'meter-away' }],
      [moment(random, addDays(to, random.whole(1, 20))), { kind: 'meter-back' }],
    ]
  })
}

/** Bills that are doubted, notes, and meters out of reach for days. */
function troubles(life: Life, random: Random, { joinsOn, days }: Years): (readonly [string, Deed])[] {
  const found: (readonly [string, Deed])[] = []
  for (let on = random.whole(40, 900); on < days; on += random.whole(200, 1_200)) {
    const at = moment(random, addDays(joinsOn, on))
    const share = 0.1 + 0.4 * random.next()
    if (random.chance(0.6)) found.push([at, { kind: 'dispute', share }])
    else found.push([at, { kind: 'ask-credit-note', share }])
  }
  if (life.meterKind !== 'smart') return found
  for (let on = random.whole(20, 500); on < days; on += random.whole(120, 800)) {
    const back =
      on +
      random.pick([
        [5, 1],
        [4, 3],
        [2, 9],
        [1, 40],
      ])
    found.push([moment(random, addDays(joinsOn, on)), { kind: 'meter-away' }])
    found.push([moment(random, addDays(joinsOn, back)), { kind: 'meter-back' }])
  }
  return found
}

function leaving(random: Random, on: string): readonly [string, Deed] {
  const method = random.chance(0.6) ? 'upi' : 'bank'
  return [moment(random, on), { kind: 'leave', inDays: random.whole(0, 20), method }]
}
