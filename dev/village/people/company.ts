import { addDays, dateAt, timeAt } from '../../../domain/calendar.ts'
import type { BusinessClock } from '../business-clock.ts'
import type { User, VillageFile } from '../files.ts'
import { createCaller, type Caller } from './caller.ts'
import type { Notebook } from './notebook.ts'

/** Everything the people of the village act with. */
export interface Company {
  readonly village: VillageFile
  readonly clock: BusinessClock
  readonly notebook: Notebook
  /** Somebody with a log-in, of staff or of a customer. Throws for a stranger. */
  as(name: string): Caller
  /** The plant's date now. */
  today(): string
  /** The plant's wall time now, `HH:MM`. */
  time(): string
  /** True on or after a date at a wall time. */
  isPast(date: string, time?: string): boolean
  readonly say: (text: string, fields?: object) => void
}

export interface CompanyParts {
  readonly apiUrl: string
  readonly village: VillageFile
  readonly users: readonly User[]
  readonly clock: BusinessClock
  readonly notebook: Notebook
  readonly say: Company['say']
}

export function createCompany({ apiUrl, village, users, clock, notebook, say }: CompanyParts): Company {
  const callers = new Map<string, Caller>()
  const today = (): string => dateAt(clock.now(), village.zone)
  const time = (): string => timeAt(clock.now(), village.zone)
  return {
    village,
    clock,
    notebook,
    say,
    today,
    time,
    isPast: (date, at = '00:00') => today() > date || (today() === date && time() >= at),
    as: (name) => {
      const known = callers.get(name)
      if (known !== undefined) return known
      const user = users.find(({ login, customerId }) => login === name || customerId === name)
      if (user === undefined) throw new Error(`nobody of the village is called ${name}`)
      const caller = createCaller(apiUrl, user)
      callers.set(name, caller)
      return caller
    },
  }
}

/** A decision or a report that somebody sends. */
export interface Errand {
  readonly who: string
  readonly path: string
  readonly body: object
  /** Names the errand once for ever. */
  readonly name: string
}

const MOST_TRIES = 12
const BETWEEN_TRIES_DAYS = 0.15

/**
 * Sends a command until it stands: done now, or decided before by somebody. What cannot be as things stand (409) may be possible
 * a little later, and is then another try under another key; what is refused for good is told and let be.
 */
export async function send(company: Company, { who, path, body, name }: Errand): Promise<boolean> {
  const { notebook, clock } = company
  const [tries = 0, lastMs = 0] = JSON.parse(notebook.read(`tries:${name}`) ?? '[]') as number[]
  if (clock.nowMs() < lastMs + BETWEEN_TRIES_DAYS * 86_400_000) return false
  const key = tries === 0 ? name : `${name}-${tries}`
  const { status, code } = await company.as(who).post(path, body, key)
  if (status < 300 || code === 'ALREADY_DECIDED') return true
  company.say(`${who} at ${path}: ${code ?? status}`)
  if (status !== 409) return status < 500
  notebook.note(`tries:${name}`, JSON.stringify([tries + 1, clock.nowMs()]))
  return tries + 1 >= MOST_TRIES
}

/** Commands under way at once: each waits for its process to answer. */
const AT_ONCE = 8

/** Does the same with each, several at a time. What one of them throws stops it for all. */
export async function sideBySide<T>(list: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const queue = [...list]
  const serve = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, serve))
}

/** Whether it is a time of day when people come to the door. */
export function isDaytime({ time }: Company): boolean {
  const now = time()
  return now >= '08:00' && now < '19:00'
}

/** A business instant some days after another, as ms. */
export function daysAfter(instant: string, days: number): number {
  return Date.parse(instant) + days * 86_400_000
}

/** The `day`th of the month of a date. */
export function dayOfMonth(date: string, day: number): string {
  return addDays(`${date.slice(0, 7)}-01`, day - 1)
}
