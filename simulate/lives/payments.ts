import { addDays, addDuration } from '../../domain/calendar.ts'
import type { Channel, Deed, HowMuch, Life, Trouble } from './life.ts'
import { channelOf, moment } from './moments.ts'
import type { Random } from './random.ts'

type Payment = readonly [string, Deed]

export interface Paying {
  readonly random: Random
  /** First and last day on which bills are paid. */
  readonly from: string
  readonly to: string
}

interface Month extends Paying {
  readonly first: string
  /** Months since the first. */
  readonly nth: number
}

const ALL: HowMuch = { kind: 'all' }

/** What a household pays in every month of its life, by its habit. */
export function payments(life: Life, paying: Paying): Payment[] {
  const { random, from, to } = paying
  // When who stops stops, and for how long.
  const stopsAt = random.whole(2, 14)
  const pauses = life.habit === 'stops' ? random.whole(2, 4) : Infinity
  const found: Payment[] = []
  for (let first = `${from.slice(0, 8)}01`, nth = 0; first <= to; first = addDuration(first, 'P1M'), nth += 1) {
    const isSilent = (life.habit === 'stops' || life.habit === 'never-again') && nth >= stopsAt && nth < stopsAt + pauses
    if (!isSilent) found.push(...HOW[life.habit]({ ...paying, first, nth }))
  }
  return found.filter(([at]) => at.slice(0, 10) >= from && at.slice(0, 10) <= to)
}

/** Some of the payments by wallet meet with trouble on their way. */
export function troubled([at, deed]: Payment, random: Random): Payment {
  if (deed.kind !== 'pay' || deed.channel !== 'wallet' || deed.how.kind === 'twice' || !random.chance(0.06)) return [at, deed]
  const trouble = random.pick<Trouble>([
    [4, 'stranger'],
    [4, 'late-yes'],
    [2, 'late-no'],
    [1, 'lost'],
  ])
  return [at, { ...deed, trouble }]
}

const HOW: Readonly<Record<Life['habit'], (month: Month) => Payment[]>> = {
  punctual: (month) => [pay(month, [1, 4], ALL), ...advance(month)],
  late: (month) => [pay(month, [11, 27], month.random.chance(0.12) ? { kind: 'share', share: 0.6 } : ALL)],
  'in-parts': (month) => [
    pay(month, [2, 6], { kind: 'share', share: 0.2 + 0.4 * month.random.next() }),
    pay(month, [9, 14], { kind: 'share', share: 0.5 }),
    ...(month.random.chance(0.8) ? [pay(month, [15, 26], ALL)] : []),
  ],
  ahead: (month) => [
    pay(
      month,
      [2, 8],
      month.random.chance(0.25) ? { kind: 'twice' } : { kind: 'more', extraMinor: 5_000 * month.random.whole(0, 4) },
    ),
  ],
  'by-transfer': (month) => byTransfer(month),
  stops: (month) => [pay(month, [3, 20], ALL)],
  'never-again': (month) => [pay(month, [3, 16], ALL)],
}

/** Who pays in advance pays in the days after the advance was asked for; nobody else owes anything then. */
function advance(month: Month): Payment[] {
  return month.random.chance(0.7) ? [pay(month, [26, 28], ALL)] : []
}

/** Now and then it comes back, and is paid again. */
function byTransfer(month: Month): Payment[] {
  const comesBack = month.random.chance(0.15)
  const bouncesAfterDays = month.random.whole(2, 12)
  const first = payment(month, { from: 2, to: 8, how: ALL, channel: 'transfer' })
  if (!comesBack) return [first]
  const [at, deed] = first
  return [[at, { ...deed, bouncesAfterDays } as Deed], pay(month, [20, 28], ALL)]
}

type Days = readonly [from: number, to: number]

function pay(month: Month, [from, to]: Days, how: HowMuch): Payment {
  return payment(month, { from, to, how, channel: channelOf(month.random) })
}

function payment(
  { random, first }: Month,
  { from, to, how, channel }: { from: number; to: number; how: HowMuch; channel: Channel },
): Payment {
  return [moment(random, addDays(first, random.whole(from, to) - 1)), { kind: 'pay', how, channel }]
}
