// The people of the village: staff and households, each with a log-in of their own, who act only through the HTTP API.
import pino from 'pino'
import { setTimeout as sleep } from 'node:timers/promises'
import { followClock } from './business-clock.ts'
import { readUsers, readVillage } from './files.ts'
import { villageProfiles } from './village-files.ts'
import { createCaller } from './people/caller.ts'
import { keepCash } from './people/cash.ts'
import { type Company, createCompany } from './people/company.ts'
import { createDisplays } from './people/display.ts'
import { openNotebook } from './people/notebook.ts'
import { keepOffices } from './people/offices.ts'
import { payBills } from './people/paying.ts'
import { playStories } from './people/stories.ts'
import { doWork } from './people/work.ts'

/** Between two rounds: an hour of the village, within these (wall time). */
const SHORTEST_PAUSE_MS = 300
const LONGEST_PAUSE_MS = 10_000
const log = pino({ name: 'village-people', level: process.env.LOG_LEVEL ?? 'info' })

async function main(): Promise<void> {
  const village = readVillage()
  const { users } = readUsers()
  const apiUrl = process.env.API_URL ?? 'http://127.0.0.1:3000'
  const first = users.find(({ role }) => role === 'csa')
  if (first === undefined) throw new Error('no log-ins: the village is not loaded')
  const clock = await followClock(createCaller(apiUrl, first), village.plant)
  const notebook = openNotebook()
  const say = (text: string, fields: object = {}): void => log.info(fields, text)
  const company = createCompany({ apiUrl, village, users, clock, notebook, say })
  const displays = createDisplays(village, { profiles: villageProfiles(), notebook })
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      // Whatever is on its way is asked again after the next start, under the same keys.
      notebook.save()
      process.exit(0)
    })
  process.send?.('ready')

  // Each kind of errand goes its own rounds, so that a slow one holds up no other.
  const rounds = [playStories, payBills, keepOffices, keepCash, (all: Company) => doWork(all, displays)]
  await Promise.all([...rounds.map((round) => goRounds(company, round)), followTime(company)])
}

async function goRounds(company: Company, round: (company: Company) => Promise<void>): Promise<never> {
  for (;;) {
    // While the village stands nobody moves.
    if (company.clock.speed() > 0)
      await round(company).catch((error: unknown) => log.warn({ err: error }, 'a round was broken off'))
    company.notebook.save()
    await sleep(Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, 3_600_000 / Math.max(company.clock.speed(), 1))))
  }
}

async function followTime({ clock }: Company): Promise<never> {
  for (;;) {
    await clock.look()
    await sleep(1_000)
  }
}

await main()
