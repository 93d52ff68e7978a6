// `npm run demo-check`: watches the running village until every promised story was seen, three business months at most.
import { Client, Connection } from '@temporalio/client'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { addToInstant } from '../domain/calendar.ts'
import { readJson } from './village/files.ts'
import { createTokenCaller } from './village/people/caller.ts'
import { type Eyes, type Sighting, type Story, temporalEyes } from './village/eyes.ts'
import { STORIES } from './village/stories-seen.ts'

const HELP = `npm run demo-check -- [--data DIR]

Watches the village that "npm start" runs until each of its stories was seen, three business months at most. Ends with 0 when
all were seen. Waits for a start that is not ready yet. --data DIR: where that start keeps its data (default: var/ in the checkout).`

/** What `npm start` leaves for programs when it is ready. */
interface Ready {
  readonly api: string
  readonly temporalAddress: string
  readonly temporalNamespace: string
  readonly temporalUi: string | null
  readonly adminToken: string
}

const LONGEST = 'P3M'
const LOOK_EVERY_MS = 2_000
/** A clock that does not move for so long (wall time) will not show anything any more. */
const STANDS_STILL_MS = 120_000

/** What the start says of itself; while one is still on its way, waits for it. */
async function readReady(folder: string): Promise<Ready> {
  for (let looks = 0; ; looks += 1) {
    const ready = readJson<Ready>(path.join(folder, 'ready.json'))
    if (ready !== undefined) return ready
    const pid = readJson<{ self: { pid: number } }>(path.join(folder, 'running.json'))?.self.pid
    if (pid === undefined || !isRunning(pid))
      throw new Error(`No village is running with its data in ${folder}: run "npm start" first.`)
    if (looks === 0) console.error('"npm start" is not ready yet; waiting for it.')
    await sleep(1_000)
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A start that was killed leaves its `ready.json` behind. */
async function assertAnswers(api: string): Promise<void> {
  await fetch(`${api}/health/live`, { signal: AbortSignal.timeout(10_000) }).catch(() => {
    throw new Error(`Nobody answers at ${api}: run "npm start" first.`)
  })
}

async function watch(ready: Ready): Promise<boolean> {
  await assertAnswers(ready.api)
  const api = createTokenCaller(ready.api, { name: 'head office', token: ready.adminToken })
  const [plant] = (await api.get<{ items: { plant: string; timeZone: string }[] }>('/v1/plants')).body.items
  if (plant === undefined) throw new Error('This start is empty: there is no village to watch.')
  const connection = await Connection.connect({ address: ready.temporalAddress })
  const temporal = temporalEyes(new Client({ connection, namespace: ready.temporalNamespace }))
  const seen = await watchStories({ api, plant: plant.plant, zone: plant.timeZone, temporal })
  await connection.close()
  tellAll(ready, seen)
  return seen.size === STORIES.length
}

async function watchStories(eyes: Eyes): Promise<Map<Story, Sighting>> {
  const seen = new Map<Story, Sighting>()
  let now = await readClock(eyes)
  const until = addToInstant(now, LONGEST, eyes.zone)
  let movedAt = Date.now()
  console.error(`It is ${now} in the village; watching until ${until} at the latest.`)
  while (seen.size < STORIES.length && now < until && Date.now() - movedAt < STANDS_STILL_MS) {
    for (const story of STORIES.filter((one) => !seen.has(one))) {
      if (story.isLast && seen.size < STORIES.length - 1) continue
      const sighting = await story.see(eyes).catch((error: unknown) => tellTrouble(story, error))
      if (sighting === undefined) continue
      seen.set(story, sighting)
      console.error(`${now.slice(0, 16)}  ${String(seen.size).padStart(2)}/${STORIES.length}  ${story.title}: ${sighting.what}`)
    }
    if (seen.size < STORIES.length) await sleep(LOOK_EVERY_MS)
    const later = await readClock(eyes).catch(() => now)
    if (later > now) movedAt = Date.now()
    now = later
  }
  return seen
}

async function readClock({ api, plant }: Eyes): Promise<string> {
  return (await api.get<{ now: string }>(`/v1/clock?plant=${plant}`)).body.now
}

/** A look that failed is no sighting; the next look tries again. */
function tellTrouble({ title }: Story, error: unknown): undefined {
  console.error(`  could not look for "${title}": ${error instanceof Error ? error.message : String(error)}`)
  return undefined
}

function tellAll(ready: Ready, seen: ReadonlyMap<Story, Sighting>): void {
  for (const story of STORIES) {
    const sighting = seen.get(story)
    console.log(sighting === undefined ? `MISSING ${story.title}` : `seen    ${story.title}: ${sighting.what}`)
    for (const link of sighting === undefined ? [] : linksOf(ready, sighting)) console.log(`          ${link}`)
  }
  console.log(`${seen.size} of ${STORIES.length} stories seen`)
  console.error(`Open a link of the API with: curl -H 'authorization: Bearer ${ready.adminToken}' …`)
}

function linksOf(ready: Ready, { paths, workflowIds, query }: Sighting): string[] {
  const links = paths.map((place) => `${ready.api}${place}`)
  if (ready.temporalUi === null) return links
  const workflows = `${ready.temporalUi}/namespaces/${ready.temporalNamespace}/workflows`
  const runs = workflowIds.map((id) => `${workflows}/${encodeURIComponent(id)}`)
  return [...links, ...runs, ...(query === undefined ? [] : [`${workflows}?query=${encodeURIComponent(query)}`])]
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { data: { type: 'string' }, help: { type: 'boolean' } } })
  if (values.help === true) return console.log(HELP)
  process.exitCode = (await watch(await readReady(path.resolve(values.data ?? 'var')))) ? 0 : 1
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
