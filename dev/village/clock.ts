// The clock of the sandbox plants: `clock.js start [--speed N]`, `clock.js stop`. `npm start` calls both.
import { parseArgs } from 'node:util'
import { loadConfig } from '../../config.ts'
import { createDatabase, type Tx } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { appendClockSegment, readClock } from '../../db/queries/clock.ts'
import { beatClock, wakePlant } from '../../db/queries/sandbox.ts'
import { DEFAULT_SPEED, type ReasonedSegment, segmentsToStart, segmentToStop } from './sandbox-clock.ts'

async function start(db: Tx, plant: string, speed: number): Promise<ReasonedSegment[]> {
  const beat = await db.selectFrom('clockHeartbeats').select('wallAt').where('plant', '=', plant).executeTakeFirst()
  const heartbeatMs = beat === undefined ? undefined : Date.parse(beat.wallAt)
  return segmentsToStart({ segments: await readClock(db, plant), heartbeatMs, wallMs: Date.now(), speed })
}

async function stop(db: Tx, plant: string): Promise<ReasonedSegment[]> {
  const segment = segmentToStop({ segments: await readClock(db, plant), wallMs: Date.now() })
  return segment === undefined ? [] : [segment]
}

/** Under the lock of the plant, as every row of its clock. */
async function change(tx: Tx, { plant, what, speed }: { plant: string; what: 'start' | 'stop'; speed: number }): Promise<void> {
  await tx.selectFrom('plants').select('plant').where('plant', '=', plant).forUpdate().execute()
  const segments = what === 'start' ? await start(tx, plant, speed) : await stop(tx, plant)
  for (const segment of segments) await appendClockSegment(tx, { plant, ...segment })
  if (what === 'start') {
    // Alive from here on; the relay goes on beating. Whoever sleeps by the old clock looks again.
    await beatClock(tx, plant, new Date().toISOString())
    await wakePlant(tx, plant)
  }
  for (const { businessFrom, reason } of segments) console.log(`${plant}: ${reason} at ${businessFrom}`)
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { speed: { type: 'string' } } })
  const speed = Number(values.speed ?? DEFAULT_SPEED)
  const [what] = positionals
  if ((what !== 'start' && what !== 'stop') || !(speed > 0 && speed <= 100_000))
    throw new Error('clock start [--speed N], N from above 0 to 100000; or clock stop')
  const db = createDatabase(loadConfig(['database']).database.url, { poolSize: 1 })
  const plants = await db.selectFrom('plants').select('plant').where('sandbox', '=', true).orderBy('plant').execute()
  for (const { plant } of plants) await inTransaction(db, (tx) => change(tx, { plant, what, speed }))
  await db.destroy()
}

await main()
