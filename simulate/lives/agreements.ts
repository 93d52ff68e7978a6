import { addDays, addDuration } from '../../domain/calendar.ts'
import type { Deed, Habit, Life } from './life.ts'
import { channelOf, moment } from './moments.ts'
import type { Random } from './random.ts'

type Planned = readonly [string, Deed]

/** How often a month ends in a promise, and in a payment plan. */
const CHANCES: Readonly<Record<Habit, { readonly promise: number; readonly plan: number }>> = {
  punctual: { promise: 0.01, plan: 0 },
  late: { promise: 0.25, plan: 0.04 },
  'in-parts': { promise: 0.2, plan: 0.08 },
  ahead: { promise: 0, plan: 0 },
  'by-transfer': { promise: 0.05, plan: 0.01 },
  stops: { promise: 0.2, plan: 0.05 },
  'never-again': { promise: 0.1, plan: 0.05 },
}

/** What a household agrees on with those who chase it, month by month: most of it is kept, by payments of its own. */
export function agreements(life: Life, { random, from, to }: { random: Random; from: string; to: string }): Planned[] {
  const { promise, plan } = CHANCES[life.habit]
  const found: Planned[] = []
  for (let first = `${addDuration(from, 'P1M').slice(0, 8)}01`; first <= to; first = addDuration(first, 'P1M')) {
    const day = addDays(first, random.whole(8, 16))
    if (random.chance(promise)) found.push(...promised(random, day))
    else if (random.chance(plan)) found.push(...planned(random, day))
  }
  return found.filter(([at]) => at.slice(0, 10) <= to)
}

function promised(random: Random, day: string): Planned[] {
  const inDays = random.whole(1, 7)
  const promise: Planned = [moment(random, day), { kind: 'promise', inDays }]
  return random.chance(0.7) ? [promise, pay(random, { day: addDays(day, inDays), share: 1 })] : [promise]
}

/** Who keeps a plan pays, at each day of it, a part of what is open then: the last of them all. */
function planned(random: Random, day: string): Planned[] {
  const parts = random.whole(2, 5)
  const everyDays = random.whole(6, 25)
  const plan: Planned = [moment(random, day), { kind: 'plan', parts, everyDays }]
  const keeps = random.chance(0.6) ? parts : random.whole(0, parts - 1)
  const payments = Array.from({ length: keeps }, (_, part) =>
    pay(random, { day: addDays(day, everyDays * (part + 1)), share: 1 / (parts - part) }),
  )
  return [plan, ...payments]
}

function pay(random: Random, { day, share }: { day: string; share: number }): Planned {
  const how = share === 1 ? ({ kind: 'all' } as const) : ({ kind: 'share', share } as const)
  return [moment(random, day), { kind: 'pay', how, channel: channelOf(random) }]
}
