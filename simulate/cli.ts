import { parseArgs } from 'node:util'
import { createDatabase, type Db } from '../db/client.ts'
import { migrateToLatest } from '../db/migrate.ts'
import { prepareStatements } from './engine/connection.ts'
import { createReadCache, publicTables } from './engine/read-cache.ts'
import { type Compared, compareBooks, comparedTable, differing } from './compare.ts'
import type { Call } from './engine/runs.ts'
import { BrokenInvariant } from './invariants/broken.ts'
import { lastEvents } from './invariants/last-events.ts'
import type { Plan } from './lives/life.ts'
import { planLives } from './lives/plan.ts'
import { createProgress } from './progress.ts'
import { yearsTable } from './report/table.ts'
import { type Databases, liveThroughTemporal, simulate, tellBroken } from './simulate.ts'
import { type ServerOptions, skippingServer } from './temporal/server.ts'

const HELP = `npm run simulate -- [options]

Years of a village in minutes: random lives (joining, paying in parts, too much, twice, not at all, being cut and lit again, changing
the package, doubting a bill, leaving; meters out of reach) on a real Postgres, by the same procedures, activities and rules as in
earnest, and every evening the books and the supply are proved. Ends with 1 and names seed, day and account when something does not hold.

  --customers N   households (default 60)
  --years N       or --months N (default: one year)
  --seed N        another seed, other lives; the same seed, the same lives (default 1)
  --workflows     the same lives once more through Temporal, on a server whose clock skips: both must end in the same books
                  (default then: 30 customers, 12 months)
  --help          this text

DATABASE_URL: a log-in that may make databases and roles, to use that server in place of an embedded one.`

/** Where a simulation may make its databases: fresh ones, one after another. */
export interface Servers {
  freshDatabase(): Promise<{ readonly ownerUrl: string; readonly appUrl: string }>
  /** What a server whose clock skips is started with. */
  skippingServer(): Promise<ServerOptions>
}

/** What is to be simulated. */
export interface Asked {
  readonly customers: number
  readonly months: number
  readonly seed: number
  readonly workflows: boolean
}

/** Reads the arguments; undefined where only help was asked for, which is told. Throws in one line what is wrong with them. */
export function asked(args: readonly string[]): Asked | undefined {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  const { workflows = false } = values
  if (values.help === true) {
    console.log(HELP)
    return undefined
  }
  return {
    workflows,
    customers: wholeNumber('customers', values.customers ?? (workflows ? '30' : '60')),
    months: values.months === undefined ? 12 * wholeNumber('years', values.years ?? '1') : wholeNumber('months', values.months),
    seed: wholeNumber('seed', values.seed ?? '1'),
  }
}

/** Lives through what was asked. Returns the exit code. */
export async function run({ workflows: isForBoth, ...wish }: Asked, servers: Servers): Promise<number> {
  const plan = planLives(wish)
  const began = performance.now()
  const databases = await open(servers)
  try {
    const workflows = (await import('../workflows/index.ts')) as unknown as Readonly<Record<string, Call>>
    const { years, ...counted } = await simulate(plan, databases, { workflows, onDay: createProgress(plan) })
    console.log(yearsTable(years))
    console.log(summary(plan, counted, (performance.now() - began) / 1_000))
    return isForBoth ? await throughTemporal(plan, databases, servers) : 0
  } catch (error) {
    if (!(error instanceof BrokenInvariant)) throw error
    console.error(await tellBroken(databases.audited, plan, error))
    return 1
  } finally {
    await databases.close()
  }
}

/** The same plan through the real workflows. Returns 0 where both ended in the same books. */
async function throughTemporal(plan: Plan, { audited }: Databases, servers: Servers): Promise<number> {
  const began = performance.now()
  console.error('The same lives through Temporal:')
  const databases = await open(servers)
  const server = await skippingServer(await servers.skippingServer())
  try {
    await liveThroughTemporal(plan, databases.audited, { server, onDay: createProgress(plan) })
    const compared = await compareBooks(audited, databases.audited)
    console.log(comparedTable(compared))
    const others = differing(compared)
    await tellDiffering(others, { queue: audited, temporal: databases.audited })
    const verdict = others.length === 0 ? 'the same in both' : `${others.length} differ`
    console.log(`${compared.length} balances: ${verdict}. ${Math.round((performance.now() - began) / 1_000)} seconds.`)
    return others.length === 0 ? 0 : 1
  } finally {
    await server.close()
    await databases.close()
  }
}

/** What happened last to the first account that is not the same in both, in each of them. */
async function tellDiffering(others: readonly Compared[], dbs: { queue: Db; temporal: Db }): Promise<void> {
  const accountId = others.map(({ code }) => code.slice(code.indexOf(':') + 1)).find((one) => one.includes('-A'))
  if (accountId === undefined) return
  for (const [way, db] of Object.entries(dbs))
    console.error([`The last events of ${accountId}, ${way}:`, ...(await lastEvents(db, accountId))].join('\n'))
}

const OPTIONS = {
  customers: { type: 'string' },
  years: { type: 'string' },
  months: { type: 'string' },
  seed: { type: 'string' },
  workflows: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} expects a whole number from 1 on (--help tells the options)`)
  return value
}

async function open(servers: Servers): Promise<Databases & { close(): Promise<void> }> {
  const { ownerUrl, appUrl } = await servers.freshDatabase()
  await migrateToLatest(ownerUrl)
  const audited = createDatabase(appUrl, { poolSize: 2, onConnect: prepareStatements })
  const cache = createReadCache(await publicTables(audited))
  const db = createDatabase(appUrl, { poolSize: 4, pipeline: true, onConnect: cache.onConnect })
  const close = async (): Promise<void> => {
    await db.destroy()
    await audited.destroy()
  }
  return { db, audited, cache, close }
}

function summary(
  { seed, lives }: Plan,
  counted: { events: number; checks: number; activities: number },
  seconds: number,
): string {
  const { events, checks, activities } = counted
  return [
    `Seed ${seed}, ${lives.length} households: ${events} planned events, ${activities} activities, ${Math.round(seconds)} seconds.`,
    `${checks} checks of invariants: all held.`,
  ].join('\n')
}
