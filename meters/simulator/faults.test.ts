import { expect, test } from '@jest/globals'
import { faultsAt, forgetsBetween } from './faults.ts'
import type { FaultPlan } from './faults.ts'
import { fileMemoryStore, groupedSaver } from './memory-store.ts'
import { newMeter } from './meter-memory.ts'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const DAY_MS = 86_400_000
const START_MS = Date.parse('2026-07-01T00:00:00Z')
const days = Array.from({ length: 365 }, (_, day) => START_MS + day * DAY_MS + 1_000)

test('without a plan a meter is honest', () => {
  const faults = { slowMs: 0, isSilent: false, repeats: false, lies: false, refuses: null, shuffles: false, clockErrorMs: 0 }
  expect(faultsAt({}, 'SM1', START_MS)).toEqual(faults)
  expect(forgetsBetween({}, 'SM1', { afterMs: 0, upToMs: START_MS })).toBe(false)
})

test('a written silence lasts from its beginning up to its end', () => {
  const plan: FaultPlan = { meters: { SM1: { silent: [{ from: '2026-07-02T00:00:00Z', to: '2026-07-04T00:00:00Z' }] } } }
  const silentAt = (at: string, serial = 'SM1'): boolean => faultsAt(plan, serial, Date.parse(at)).isSilent
  expect(silentAt('2026-07-01T23:59:59Z')).toBe(false)
  expect(silentAt('2026-07-02T00:00:00Z')).toBe(true)
  expect(silentAt('2026-07-04T00:00:00Z')).toBe(false)
  expect(silentAt('2026-07-03T00:00:00Z', 'SM2')).toBe(false)
})

test('chance draws about as often as it is told, the same for the same seed', () => {
  const drawn = (seed: number): boolean[] => days.map((at) => faultsAt({ seed, chancePerDay: { lies: 0.2 } }, 'SM1', at).lies)
  expect(drawn(1)).toEqual(drawn(1))
  expect(drawn(1)).not.toEqual(drawn(2))
  expect(drawn(1).filter(Boolean).length).toBeGreaterThan(45)
  expect(drawn(1).filter(Boolean).length).toBeLessThan(105)
})

test('a moment of forgetting falls into one span only', () => {
  const plan: FaultPlan = { meters: { SM1: { forgetsAt: ['2026-07-01T00:00:00Z'] } } }
  expect(forgetsBetween(plan, 'SM1', { afterMs: START_MS - 1, upToMs: START_MS })).toBe(true)
  expect(forgetsBetween(plan, 'SM1', { afterMs: START_MS, upToMs: START_MS + DAY_MS })).toBe(false)
})

test('a fleet finds its memory again, and refuses to start on a broken one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fleet-'))
  const path = join(folder, 'deep', 'fleet.json')
  const store = fileMemoryStore(path)
  expect(await store.load()).toEqual({})
  const settings = { load_limit_w: 0, active_from: '00:00', active_to: '24:00', utc_offset_min: 0, relay: 'open' } as const
  const memory = { SM1: newMeter({ startWh: 5, fromMs: START_MS, settings }) }
  await store.save(memory)
  expect(await store.load()).toEqual(memory)
  await writeFile(path, (await readFile(path, 'utf8')).slice(0, 20))
  await expect(store.load()).rejects.toThrow('not the memory of a fleet')
  await rm(folder, { recursive: true })
})

test('saves asked for while one runs share the next', async () => {
  let saves = 0
  const save = groupedSaver(async () => {
    saves += 1
    await new Promise((resolve) => setTimeout(resolve, 5))
  })
  const first = save()
  await Promise.resolve()
  await Promise.resolve()
  await Promise.all([first, save(), save(), save()])
  expect(saves).toBeLessThanOrEqual(2)
  await save()
  expect(saves).toBeLessThanOrEqual(3)
})
