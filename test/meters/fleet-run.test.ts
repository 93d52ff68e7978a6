import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { examine } from '../../meters/conformance/examination.ts'
import { openWire } from '../../meters/conformance/wire.ts'
import { setDesiredCommand } from '../../meters/desired.ts'
import type { DesiredState } from '../../meters/desired.ts'
import { encodeMessage } from '../../meters/messages.ts'
import type { FleetMemory } from '../../meters/simulator/memory-store.ts'
import { askedFleet } from '../../meters/simulator/fleet-arguments.ts'
import type { AskedFleet } from '../../meters/simulator/fleet-arguments.ts'
import { NoConnection, runFleet } from '../../meters/simulator/run-fleet.ts'
import { freshBroker } from '../support/broker.ts'
import type { TestBroker } from '../support/broker.ts'
import { eventually } from './eventually.ts'

const NOW = '2026-07-01T00:00:00Z'
const FOR_EVER = '2199-01-01T00:00:00Z'
const WANTED: DesiredState = {
  version: 5,
  loadLimitW: 200,
  activeFrom: '00:00',
  activeTo: '24:00',
  utcOffsetMin: 330,
  relay: 'auto',
  validUntil: null,
}

let broker: TestBroker
let folder: string
let plant: string
let told: string[]

beforeEach(async () => {
  broker = await freshBroker()
  folder = await mkdtemp(join(tmpdir(), 'fleet-run-'))
  plant = `T${randomUUID().slice(0, 8)}`
  told = []
})

afterEach(async () => {
  await broker.close()
  await rm(folder, { recursive: true })
})

const asked = (...more: string[]): AskedFleet => {
  const shared = ['--broker', broker.url, '--plant', plant, '--count', '20', '--memory', join(folder, 'meters.json')]
  const wish = askedFleet([...shared, ...more])
  if (wish === null) throw new Error('only help was asked for')
  return wish
}
const running = (wish: AskedFleet): { stop(): void; ended: Promise<void> } => {
  const stop = new AbortController()
  const ended = runFleet({ asked: wish, tell: (text) => told.push(text), stop: stop.signal, tellEveryMs: 20 })
  return { ended, stop: () => stop.abort() }
}
const allConnected = (): Promise<void> =>
  eventually(() => expect(told).toContainEqual(expect.stringMatching(/^20 of 20 connected, [1-9]\d* messages sent$/)))

test('a fleet connects, keeps the contract, and says good-bye for every meter', async () => {
  const fleet = running(asked())
  await allConnected()
  const wire = await openWire({ url: broker.url, plant, serial: 'SIM000007' })
  const ignore = (): void => undefined
  const lines = await examine({
    wire,
    serial: 'SIM000007',
    waitMs: 5_000,
    quietMs: 300,
    listenMs: 5_000,
    onMeter: ignore,
    onLine: ignore,
  })
  expect(lines.filter(({ result }) => result === 'failed')).toEqual([])
  fleet.stop()
  await fleet.ended
  expect(told.at(-1)).toMatch(/^\d+ messages sent; every meter has said good-bye$/)
  await wire.close()
  for (const serial of ['SIM000001', 'SIM000020']) {
    const late = await openWire({ url: broker.url, plant, serial })
    const status = await late.retained(plant, 'status', 5_000)
    expect(status).toMatchObject({ leaf: 'status', message: { online: false } })
    await late.close()
  }
})

test('a fleet goes on where it stopped, with the settings it was given', async () => {
  const versionKept = async (): Promise<number | undefined> => {
    const file = JSON.parse(await readFile(join(folder, 'meters.json'), 'utf8')) as { meters: FleetMemory }
    return file.meters.SIM000001?.appliedVersion
  }
  const first = running(asked())
  await allConnected()
  const wire = await openWire({ url: broker.url, plant, serial: 'SIM000001' })
  const command = setDesiredCommand(WANTED, { commandId: randomUUID(), issuedAt: NOW, expiresAt: FOR_EVER })
  await wire.publish(plant, encodeMessage(command))
  await wire.wait(() => wire.heard().find(({ leaf }) => leaf === 'ack'), 5_000)
  await wire.close()
  first.stop()
  await first.ended
  expect(await versionKept()).toBe(5)
  told = []
  const second = running(asked())
  await allConnected()
  second.stop()
  await second.ended
  expect(await versionKept()).toBe(5)
})

test('a fleet that reaches no broker says so and ends', async () => {
  const wish = { ...asked(), broker: 'mqtt://127.0.0.1:1' }
  const never = new AbortController().signal
  const ended = runFleet({ asked: wish, tell: (text) => told.push(text), stop: never, firstWithinMs: 200 })
  await expect(ended).rejects.toThrow(NoConnection)
  await expect(ended).rejects.toThrow('No meter could connect to mqtt://127.0.0.1:1')
  expect(told).toEqual([])
})

test('load profiles that are not there start nothing', async () => {
  const ended = running(asked('--load', join(folder, 'none.csv'))).ended
  await expect(ended).rejects.toThrow('ENOENT')
  expect(told).toEqual([])
})
