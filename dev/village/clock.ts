// The clock of the sandbox plants: `clock.js start [--speed N]`, `clock.js stop`, and `clock.js mend` for one that was killed, which
// must come before anybody beats for it again. `npm start` calls them all.
import { parseArgs } from 'node:util'
import { loadConfig } from '../../config.ts'
import { createDatabase, type Tx } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { appendClockSegment, readClock } from '../../db/queries/clock.ts'
import { beatClock, wakePlant } from '../../db/queries/sandbox.ts'
import { DEFAULT_SPEED, type ReasonedSegment, segmentIfKilled, segmentsToStart, segmentToStop } from './sandbox-clock.ts'

const COMMANDS = ['start', 'stop', 'mend'] as const
type Command = (typeof COMMANDS)[number]

interface Wanted {
  readonly plant: string
  readonly command: Command
  readonly speed: number
}

async function nextSegments(tx: Tx, { plant, command, speed }: Wanted): Promise<ReasonedSegment[]> {
  const beat = await tx.selectFrom('clockHeartbeats').select('wallAt').where('plant', '=', plant).executeTakeFirst()
  const sandbox = {
    segments: await readClock(tx, plant),
    heartbeatMs: beat === undefined ? undefined : Date.parse(beat.wallAt),
    wallMs: Date.now(),
  }
  if (command === 'start') return segmentsToStart({ ...sandbox, speed })
  const segment = command === 'stop' ? segmentToStop(sandbox) : segmentIfKilled(sandbox)
  return segment === undefined ? [] : [segment]
}

/** Under the lock of the plant, as every row of its clock. */
async function change(tx: Tx, wanted: Wanted): Promise<void> {
  const { plant, command } = wanted
  await tx.selectFrom('plants').select('plant').where('plant', '=', plant).forUpdate().execute()
  const segments = await nextSegments(tx, wanted)
  for (const segment of segments) await appendClockSegment(tx, { plant, ...segment })
  if (command === 'start') {
    // Alive from here on; the relay goes on beating. Whoever sleeps by the old clock looks again.
    await beatClock(tx, plant, new Date().toISOString())
    await wakePlant(tx, plant)
  }
  for (const { businessFrom, reason } of segments) console.log(`${plant}: ${reason} at ${businessFrom}`)
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { speed: { type: 'string' } } })
  const speed = Number(values.speed ?? DEFAULT_SPEED)
  const command = COMMANDS.find((known) => known === positionals[0])
  if (command === undefined || !(speed > 0 && speed <= 100_000))
    throw new Error('clock start [--speed N], N from above 0 to 100000; clock stop; or clock mend')
  const db = createDatabase(loadConfig(['database']).database.url, { poolSize: 1 })
  const plants = await db.selectFrom('plants').select('plant').where('sandbox', '=', true).orderBy('plant').execute()
  for (const { plant } of plants) await inTransaction(db, (tx) => change(tx, { plant, command, speed }))
  await db.destroy()
}

await main()
