import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { type OwnBroker, startBroker } from '../../bench/broker.mjs'
import type { TelemetryMessage } from '../../meters/messages.ts'
import { createFleet, type Fleet } from '../../meters/simulator/fleet.ts'
import type { MeterFaults } from '../../meters/simulator/faults.ts'
import { START, meteredPlant, type MeteredPlant } from '../support/metered-plant.ts'
import { type OwnProcess, startOwn } from '../support/processes.ts'
import { until } from '../support/until.ts'
import { type OwnDatabase, ownDatabase } from './support/own-database.ts'

const METERS = 500
/** A business day in ten seconds: the meters read twice in it, and a command is tried again every ten seconds. */
const SPEED = 8_640
const READING_EVERY_MIN = 12 * 60
const PATIENCE_MS = 180_000
const LONG_AGO = START
const FAR_AWAY = '2030-01-01T00:00:00.000Z'

let broker: OwnBroker
let database: OwnDatabase
let world: MeteredPlant
let gateways: Record<'one' | 'other', OwnProcess | undefined>
let fleet: Fleet
/** A meter with nothing wrong with it. */
let sound: string
/** The register of every reading that was acknowledged to a meter, by `serial boot seq`. */
let acknowledged: Map<string, number>

beforeAll(async () => {
  gateways = { one: undefined, other: undefined }
  acknowledged = new Map()
  broker = await startBroker()
  database = await ownDatabase()
  world = await meteredPlant(database.db, { meters: METERS, runsAtSpeed: SPEED })
  sound = world.houses[1]?.serial ?? ''
}, PATIENCE_MS)
afterAll(async () => {
  await fleet.close()
  await Promise.all([gateways.one?.kill(), gateways.other?.kill()])
  await broker.close()
  await database.close()
}, PATIENCE_MS)

/** One in ten has something wrong with it, each kind in turn. */
const FAULTS: readonly MeterFaults[] = [
  { silent: [{ from: LONG_AGO, to: FAR_AWAY }] },
  { lies: true },
  { repeats: true, shuffles: true },
  { slowMs: 1_500 },
  { forgetsAt: [afterDays(1), afterDays(2), afterDays(3)] },
]

function afterDays(days: number): string {
  return new Date(Date.parse(START) + days * 86_400_000).toISOString()
}

async function startGateway(name: 'one' | 'other'): Promise<void> {
  gateways[name] = await startOwn('workers/meter-gateway', {
    DATABASE_URL: database.url,
    MQTT_URL: broker.url,
    MQTT_PROTOCOL_VERSION: String(broker.protocolVersion),
    MQTT_CLIENT_ID: `gateway-${name}`,
    LOG_LEVEL: 'error',
  })
}

function keep(serial: string, { boot_id, readings }: TelemetryMessage): void {
  for (const { seq, energy_import_wh } of readings) acknowledged.set(`${serial} ${boot_id} ${seq}`, energy_import_wh)
}

async function startFleet(): Promise<void> {
  const faulty = world.houses.filter((_, index) => index % 10 === 0)
  const meters = Object.fromEntries(faulty.map(({ serial }, n) => [serial, FAULTS[n % FAULTS.length] ?? {}]))
  fleet = await createFleet({
    url: broker.url,
    plant: world.plant,
    zone: 'Asia/Kolkata',
    meters: world.houses.map(({ serial }) => ({ serial, startWh: 0, demandWh: () => 100 })),
    clock: { nowBusiness: world.nowBusiness },
    log: { debug: () => undefined, warn: () => undefined },
    readingEveryMin: READING_EVERY_MIN,
    onAcknowledged: keep,
    faults: { meters },
  })
  await fleet.ready()
}

/** Every third house is cut, every fourth lit again, every fifth gets the other package: one after the other, as staff would. */
async function staffWork(round: number): Promise<void> {
  for (let house = round; house < METERS; house += 7) {
    if (house % 3 === 0) await world.cut(house)
    if (house % 4 === 0) await world.light(house)
    if (house % 5 === 0) await world.moveTo(house, round % 2 === 0 ? 'B1.2' : 'B1.1')
  }
}

async function rows(query: ReturnType<typeof sql>): Promise<unknown[]> {
  return (await query.execute(database.db)).rows
}

/** Meters in whose report anything differs from what is desired of them. */
const otherThanDesired = (): Promise<unknown[]> =>
  rows(sql`
    select m.serial, d.version as wanted, r.version as reported from meters m
      join lateral (select * from meter_desired x where x.serial = m.serial order by version desc limit 1) d on true
      left join meter_reported r on r.serial = m.serial
    where r.version is distinct from d.version or r.load_limit_w is distinct from d.load_limit_w
      or r.active_from is distinct from d.active_from or r.active_to is distinct from d.active_to
      or r.relay_mode is distinct from d.relay or r.relay is distinct from (case d.relay when 'open' then 'open' else 'closed' end)`)

/** Houses that nothing holds back and that are dark all the same. */
const darkWithoutReason = (): Promise<unknown[]> =>
  rows(sql`
    select i.customer_id from meter_installations i join meter_reported r on r.serial = i.serial
    where i.removed_at is null and r.relay <> 'closed'
      and not exists (select 1 from holds h where h.customer_id = i.customer_id and h.lifted_at is null)`)

async function storedReadings(): Promise<Map<string, number>> {
  const stored = await database.db.selectFrom('meterTelemetry').select(['serial', 'bootId', 'seq', 'registerWh']).execute()
  return new Map(stored.map(({ serial, bootId, seq, registerWh }) => [`${serial} ${bootId} ${seq}`, registerWh]))
}

test(
  'five hundred meters, fifty of them faulty, are served through restarts of everything',
  async () => {
    await startGateway('one')
    await startGateway('other')
    await startFleet()
    await staffWork(0)

    await broker.stop()
    await staffWork(1)
    await broker.start()
    await staffWork(2)

    await gateways.one?.kill()
    await staffWork(3)
    await startGateway('one')
    await staffWork(4)

    await database.stop()
    await metersReadOn()
    await database.start()
    await staffWork(5)
    await Promise.all([gateways.one?.kill(), gateways.other?.kill()])
    await staffWork(6)
    await startGateway('one')
    await startGateway('other')
    expect(acknowledged.size).toBeGreaterThan(METERS)
  },
  2 * PATIENCE_MS,
)

/** The meters go on and read three times more while nobody can store what they say. */
async function metersReadOn(): Promise<void> {
  const readings = (): number => fleet.memory(sound).nextSeq
  const before = readings()
  await until(() => expect(readings()).toBeGreaterThan(before + 2), PATIENCE_MS)
}

test(
  'once the faulty ones are mended, every meter reports what is desired of it, and nobody is dark without a reason',
  async () => {
    // Who is away or lies has not done what was asked; so the look below is able to tell.
    expect((await otherThanDesired()).length).toBeGreaterThan(10)
    for (const { serial } of world.houses) fleet.setFaults(serial, null)
    await until(async () => {
      expect(await otherThanDesired()).toEqual([])
      expect(await rows(sql`select serial from meter_commands where state = 'open'`)).toEqual([])
    }, PATIENCE_MS)
    expect(await darkWithoutReason()).toEqual([])
    const dark = await rows(sql`select serial from meter_reported where relay = 'open'`)
    const held = await rows(sql`select distinct customer_id from holds where lifted_at is null`)
    expect(held.length).toBeGreaterThan(20)
    expect(dark).toHaveLength(held.length)
    expect(await rows(sql`select serial from meter_reported where load_limit_w = 1000`)).not.toHaveLength(0)
  },
  2 * PATIENCE_MS,
)

test(
  'every reading that was acknowledged to a meter is stored, once, with its own register',
  async () => {
    await fleet.close()
    await until(async () => {
      const stored = await storedReadings()
      const missing = [...acknowledged].filter(([key, registerWh]) => stored.get(key) !== registerWh)
      expect(missing).toEqual([])
    }, PATIENCE_MS)
    // What is there beside them was sent, and its acknowledgement lost on the way.
    const unsent = world.houses.flatMap(({ serial }) =>
      fleet.memory(serial).unsent.map(({ bootId, reading }) => `${serial} ${bootId} ${reading.seq}`),
    )
    const known = new Set([...acknowledged.keys(), ...unsent])
    expect([...(await storedReadings()).keys()].filter((key) => !known.has(key))).toEqual([])
    expect(await rows(sql`select topic, problem from meter_rejects`)).toEqual([])
  },
  2 * PATIENCE_MS,
)
