import { addDays, dateAt, timeAt } from '../../../domain/calendar.ts'
import type { BusinessClock } from '../business-clock.ts'
import type { User, VillageFile } from '../files.ts'
import { createCaller, type Answer, type Caller } from './caller.ts'
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

/** True when the command stands: it was done now, or before, or somebody else decided first. Otherwise it is told and tried again. */
export function stands(company: Company, what: string, { status, code }: Answer<unknown>): boolean {
  if (status < 300 || code === 'ALREADY_DECIDED') return true
  company.say(`${what}: ${code ?? status}`)
  // As things stand it cannot be, and another try of the same would not change that.
  return status >= 400 && status < 500 && status !== 429
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
