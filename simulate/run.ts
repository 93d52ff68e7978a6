import { inTransaction } from '../db/queries/accounts.ts'
import { startWorkflow } from '../db/queries/outbox.ts'
import { addDays, atTimeOn, dateAt, startOfDay, weekday } from '../domain/calendar.ts'
import { processIds } from '../domain/process-ids.ts'
import { makeDailyRounds } from '../workers/relay/daily-rounds.ts'
import { createAudit } from './invariants/audit.ts'
import type { Plan, PlannedEvent } from './lives/life.ts'
import { bankTheCash, countTheCash, handOverTheCash } from './village/cash.ts'
import { keepDesks } from './village/desks.ts'
import { createHouseholds } from './village/households.ts'
import { createRegisters } from './village/registers.ts'
import { doTasks, type Workplace } from './village/tasks.ts'
import { PLANT, type World, ZONE } from './world.ts'

/** What a simulation came to. */
export interface Outcome {
  readonly events: number
  readonly checks: number
}

export interface Watching {
  /** Called once a business day. */
  readonly onDay: (day: string) => void
}

/** Lives a plan in a world, day by day, and audits every evening. Throws a BrokenInvariant. */
export async function live(plan: Plan, world: World, { onDay }: Watching): Promise<Outcome> {
  const audit = createAudit(world)
  const agenda = createAgenda(plan.events)
  const village = { world, registers: () => registers, later: agenda.add }
  const households = createHouseholds(plan, village)
  const registers = createRegisters({ db: world.db, seed: plan.seed, away: world.away, lifeOf: households.lifeOf })
  const workplace: Workplace = { world, seed: plan.seed, registers, lifeOf: households.lifeOf, accountOf: households.accountOf }
  let events = 0
  const until = async (instant: string): Promise<void> => {
    for (let next = agenda.take(instant); next !== undefined; next = agenda.take(instant)) {
      await world.advanceTo(next.at)
      await ('act' in next ? next.act() : households.act(next))
      await world.settle()
      events += 1
    }
    await world.advanceTo(instant)
  }
  const lastDay = dateAt(plan.endsAt, ZONE)
  for (let day = dateAt(plan.startsAt, ZONE); day < lastDay; day = addDays(day, 1)) {
    onDay(day)
    for (const { at, act } of dayOf(day, workplace)) {
      const instant = atTimeOn(day, at, ZONE)
      if (instant < plan.startsAt) continue
      await until(instant)
      await act()
      await world.settle()
    }
    await audit.evening(day)
  }
  return { events, checks: audit.checks() }
}

interface Appointment {
  /** Local time. */
  readonly at: string
  readonly act: () => Promise<void>
}

/** What happens at fixed hours of a day. */
function dayOf(day: string, workplace: Workplace): Appointment[] {
  const { world, registers } = workplace
  const people = async (): Promise<void> => {
    await keepDesks(workplace)
    await doTasks(workplace)
  }
  const isFirst = day.endsWith('-01')
  return [
    {
      at: '00:05',
      act: async () => {
        await registers.count(addDays(day, -1))
        if (isFirst) await registers.tell(startOfDay(day, ZONE))
        await makeDailyRounds({ db: world.db, now: await world.wallClock() })
      },
    },
    { at: '02:30', act: async () => (isFirst ? reconcile(world) : undefined) },
    { at: '08:05', act: () => world.deliverHeld() },
    { at: '09:30', act: people },
    { at: '12:30', act: people },
    { at: '17:30', act: () => keepCash(workplace, weekday(day)) },
    { at: '18:00', act: people },
    { at: '23:30', act: async () => undefined },
  ]
}

/** Counted twice a week, brought together before it goes to the bank. */
async function keepCash({ world, seed }: Workplace, weekdayNow: number): Promise<void> {
  if (weekdayNow === 1 || weekdayNow === 4) await countTheCash(world, seed)
  if (weekdayNow === 6) await handOverTheCash(world)
  if (weekdayNow === 1) await bankTheCash(world)
}

async function reconcile({ db }: World): Promise<void> {
  const workflowId = processIds.findDueReconciliation(PLANT)
  await inTransaction(db, (tx) =>
    startWorkflow(tx, { workflowType: 'findDueReconciliation', workflowId, input: { plant: PLANT } }),
  )
}

interface Later {
  readonly at: string
  readonly act: () => Promise<void>
}

interface Agenda {
  add(at: string, act: () => Promise<void>): void
  /** The next of what is due by the instant, earliest first. */
  take(until: string): PlannedEvent | Later | undefined
}

/** What was planned, and what follows from it later. */
function createAgenda(planned: readonly PlannedEvent[]): Agenda {
  let index = 0
  let laters: Later[] = []
  return {
    add: (at, act) => {
      laters = [...laters, { at, act }].toSorted((a, b) => (a.at < b.at ? -1 : 1))
    },
    take: (until) => {
      const [later] = laters
      const next = planned[index]
      if (later !== undefined && later.at <= until && (next === undefined || later.at <= next.at)) {
        laters = laters.slice(1)
        return later
      }
      if (next === undefined || next.at > until) return undefined
      index += 1
      return next
    },
  }
}
