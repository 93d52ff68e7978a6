import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import type { MqttClient } from 'mqtt'
import { inTransaction } from '../../db/queries/accounts.ts'
import { encodeMessage } from '../../meters/messages.ts'
import type { AckMessage, SetDesiredCommand, StateMessage } from '../../meters/messages.ts'
import { createFleet } from '../../meters/simulator/fleet.ts'
import type { Fleet } from '../../meters/simulator/fleet.ts'
import type { MeterFaults } from '../../meters/simulator/faults.ts'
import { meterTopic } from '../../meters/topics.ts'
import type { MeterLeaf } from '../../meters/topics.ts'
import { withClient } from '../../dev/stack/postgres.mjs'
import { startGateway } from '../../workers/gateway/gateway.ts'
import type { Gateway, GatewayOptions } from '../../workers/gateway/gateway.ts'
import { reconcileMeters } from '../../workers/gateway/reconcile.ts'
import { freshBroker } from '../support/broker.ts'
import type { TestBroker } from '../support/broker.ts'
import { meteredPlant } from '../support/metered-plant.ts'
import type { MeteredPlant } from '../support/metered-plant.ts'
import { freshDatabase } from '../support/postgres.ts'
import type { TestDatabase } from '../support/postgres.ts'
import { until } from '../support/until.ts'

const quiet = { info: () => undefined, warn: () => undefined, debug: () => undefined }

let database: TestDatabase
let broker: TestBroker
let world: MeteredPlant
let serial: string
let stop: (() => Promise<unknown>)[]

beforeAll(async () => {
  database = await freshDatabase()
  broker = await freshBroker()
})
afterAll(async () => {
  await broker.close()
  await database.close()
})
beforeEach(async () => {
  world = await meteredPlant(database.db, { meters: 2 })
  serial = world.houses[0]?.serial ?? ''
  stop = []
})
afterEach(async () => {
  for (const end of stop.reverse()) await end()
})

async function gateway(clientId = 'gateway', log: GatewayOptions['log'] = quiet): Promise<Gateway> {
  const started = startGateway({
    db: database.db,
    databaseUrl: database.appUrl,
    mqtt: { url: broker.url, clientId: `${clientId}-${world.plant}`, plants: [world.plant] },
    now: world.nowWall,
    log,
  })
  stop.push(started.stop)
  await started.ready()
  return started
}

/** The simulated meters of the plant's houses. */
async function fleet(faults: MeterFaults = {}): Promise<Fleet> {
  const meters = world.houses.map((house) => ({ serial: house.serial, startWh: 0, demandWh: () => 100 }))
  const plan = { meters: Object.fromEntries(meters.map((meter) => [meter.serial, faults])) }
  const { plant, nowBusiness } = world
  const clock = { nowBusiness }
  const village = await createFleet({
    url: broker.url,
    plant,
    zone: 'Asia/Kolkata',
    meters,
    clock,
    log: quiet,
    beatMs: 20,
    faults: plan,
  })
  stop.push(village.close)
  await village.ready()
  return village
}

/** A meter whose words the test writes itself. */
async function handMeter(): Promise<{
  client: MqttClient
  heard: SetDesiredCommand[]
  says: (leaf: MeterLeaf, payload: Buffer) => Promise<unknown>
}> {
  const client = await mqtt.connectAsync(broker.url, { clientId: serial })
  stop.push(() => client.endAsync(true))
  const heard: SetDesiredCommand[] = []
  client.on('message', (_topic, payload) => heard.push(JSON.parse(payload.toString()) as SetDesiredCommand))
  await client.subscribeAsync(meterTopic({ plant: world.plant, serial, leaf: 'cmd' }), { qos: 1 })
  const says = (leaf: MeterLeaf, payload: Buffer): Promise<unknown> =>
    client.publishAsync(meterTopic({ plant: world.plant, serial, leaf }), payload, { qos: 1 })
  return { client, heard, says }
}

const ts = (): string => world.nowBusiness()
const online = (): Buffer => encodeMessage({ v: 1, online: true, boot_id: 1, ts: ts() })
const ack = (command: SetDesiredCommand | undefined, more: Partial<AckMessage>): Buffer =>
  encodeMessage({ v: 1, command_id: command?.command_id ?? '', status: 'SUCCEEDED', applied_version: 0, ts: ts(), ...more })
const state = (version: number, more: Partial<StateMessage> = {}): Buffer => {
  const values = { load_limit_w: 500, active_from: '00:00', active_to: '24:00', utc_offset_min: 330 }
  return encodeMessage({
    v: 1,
    boot_id: 1,
    applied_version: version,
    relay: 'closed',
    relay_mode: 'auto',
    ...values,
    ts: ts(),
    ...more,
  })
}
const batch = (seqs: readonly number[], wh = (seq: number) => 100 * seq): Buffer =>
  encodeMessage({
    v: 1,
    boot_id: 1,
    readings: seqs.map((seq) => ({ seq, ts: ts(), kind: 'periodic' as const, energy_import_wh: wh(seq) })),
  })

const commandsOf = () =>
  database.db
    .selectFrom('meterCommands')
    .select(['desiredVersion as version', 'state', 'attempts', 'lastAnswer'])
    .where('serial', '=', serial)
    .orderBy('desiredVersion')
    .execute()
const newest = async () => (await commandsOf()).at(-1)
const reported = () => database.db.selectFrom('meterReported').selectAll().where('serial', '=', serial).executeTakeFirst()
const readings = async () =>
  (await database.db.selectFrom('meterTelemetry').select('seq').where('serial', '=', serial).orderBy('seq').execute()).map(
    ({ seq }) => seq,
  )
const rejects = () =>
  database.db
    .selectFrom('meterRejects')
    .select(['topic', 'problem', 'times', 'payload'])
    .where('topic', 'like', `mg/v1/%${world.plant}%`)
    .orderBy('rejectId')
    .execute()
const asOwner = (text: string): Promise<unknown> => withClient(database.ownerUrl, (client) => client.query(text))

describe('a command is', () => {
  test('carried to the meter, and closed by what the meter reports', async () => {
    await gateway()
    await fleet()
    await until(async () => expect(await newest()).toMatchObject({ version: 1, state: 'done' }))
    await world.cut(0)
    await until(async () => expect(await newest()).toMatchObject({ version: 2, state: 'done', attempts: 1 }))
    expect(await reported()).toMatchObject({ version: 2, relay: 'open', relayMode: 'open', online: true, utcOffsetMin: 330 })
  })

  test('not closed by an answer, nor by a report of other values, nor while the contact is welded', async () => {
    await gateway()
    const meter = await handMeter()
    await world.cut(0)
    await until(() =>
      expect(meter.heard.at(-1)).toMatchObject({ desired_version: 2, args: { relay: 'open', load_limit_w: 500 } }),
    )
    await meter.says('ack', ack(meter.heard.at(-1), {}))
    await until(async () => expect(await newest()).toMatchObject({ state: 'open', lastAnswer: 'SUCCEEDED' }))
    const dark = { relay_mode: 'open', relay: 'open' } as const
    for (const wrong of [state(2), state(2, { ...dark, load_limit_w: 501 }), state(2, { ...dark, relay: 'closed' })]) {
      await meter.says('state', wrong)
    }
    await meter.says('state', state(2, { ...dark, relay: 'armed' }))
    await until(async () => expect(await reported()).toMatchObject({ version: 2, relay: 'armed' }))
    expect(await newest()).toMatchObject({ state: 'open' })
    await meter.says('state', state(2, dark))
    await until(async () => expect(await newest()).toMatchObject({ state: 'done' }))
  })

  test('the newest only: what it superseded is never sent', async () => {
    await world.cut(0)
    await world.light(0)
    const meter = await handMeter()
    await gateway()
    await until(() => expect(meter.heard.map((command) => command.desired_version)).toContain(3))
    expect(meter.heard.every((command) => command.desired_version === 3)).toBe(true)
    expect((await commandsOf()).map(({ state: how }) => how)).toEqual(['superseded', 'superseded', 'open'])
  })

  test('sent again to a meter that lies, each time under a new id, until it tells the truth', async () => {
    await gateway()
    const village = await fleet({ lies: true })
    await until(async () => expect(await newest()).toMatchObject({ state: 'open', lastAnswer: 'SUCCEEDED' }))
    await until(async () => expect((await newest())?.attempts).toBeGreaterThan(1))
    expect(await newest()).toMatchObject({ state: 'open' })
    village.setFaults(serial, null)
    await until(async () => expect(await newest()).toMatchObject({ state: 'done' }))
  })

  test('opened again for a meter that forgot', async () => {
    await gateway()
    const village = await fleet()
    await world.cut(0)
    await until(async () => expect(await newest()).toMatchObject({ version: 2, state: 'done' }))
    village.forget(serial)
    await until(async () => expect(await reported()).toMatchObject({ version: 2, bootId: 2, relayMode: 'open' }))
    expect(await newest()).toMatchObject({ version: 2, state: 'done' })
  })

  test('sent at once when a silent meter comes back, however long its pause would be', async () => {
    await gateway()
    await fleet({ silent: [{ from: '2026-07-02T00:00:00Z', to: '2026-07-09T00:00:00Z' }] })
    await until(async () => expect(await newest()).toMatchObject({ version: 1, state: 'done' }))
    world.setBusiness('2026-07-02T06:00:00Z')
    await until(async () => expect(await reported()).toMatchObject({ online: false }))
    await world.cut(0)
    await until(async () => expect((await newest())?.attempts).toBe(1))
    await asOwner(`update meter_commands set next_attempt_at = now() + interval '1 hour' where state = 'open'`)
    world.setBusiness('2026-07-09T06:00:00Z')
    await until(async () => expect(await newest()).toMatchObject({ version: 2, state: 'done' }))
    expect(await readings()).toHaveLength(8)
  })

  test('refused for good by a meter that cannot, and then left alone', async () => {
    await gateway()
    await fleet({ refuses: 'UNSUPPORTED' })
    await until(async () => expect(await newest()).toMatchObject({ version: 1, state: 'refused' }))
    expect(await reported()).toMatchObject({ version: 0, refusedVersion: 1, refusalReason: 'UNSUPPORTED' })
    await reconcileMeters({ db: database.db, now: world.nowWall, log: quiet })
    expect(await newest()).toMatchObject({ version: 1, state: 'refused' })
    await world.cut(0)
    await until(async () => expect(await newest()).toMatchObject({ version: 2, state: 'refused' }))
  })

  test.each([
    ['UNSUPPORTED', 'REJECTED', 'refused'],
    ['INVALID_ARGUMENT', 'REJECTED', 'refused'],
    ['BUSY', 'REJECTED', 'open'],
    ['EXPIRED', 'REJECTED', 'open'],
    ['STALE_VERSION', 'REJECTED', 'open'],
    ['HARDWARE_FAULT', 'FAILED', 'open'],
  ] as const)('after the answer %s %s', async (code, status, expected) => {
    await gateway()
    const meter = await handMeter()
    await until(() => expect(meter.heard).not.toHaveLength(0))
    await meter.says('ack', ack(meter.heard[0], { status, reason: { code } }))
    await until(async () => expect(await newest()).toMatchObject({ state: expected, lastAnswer: `${status} ${code}` }))
  })

  test('not touched by an answer to a command of another meter', async () => {
    await gateway()
    const meter = await handMeter()
    await until(() => expect(meter.heard).not.toHaveLength(0))
    const other = meterTopic({ plant: world.plant, serial: world.houses[1]?.serial ?? '', leaf: 'ack' })
    await meter.client.publishAsync(other, ack(meter.heard[0], { status: 'REJECTED', reason: { code: 'UNSUPPORTED' } }), {
      qos: 1,
    })
    await meter.says('status', online())
    await until(async () => expect(await reported()).toMatchObject({ online: true }))
    expect(await newest()).toMatchObject({ state: 'open', lastAnswer: null })
  })

  test('sent when the gateway starts, though its next attempt would be in an hour', async () => {
    await asOwner(`update meter_commands set next_attempt_at = now() + interval '1 hour', attempts = 12`)
    const meter = await handMeter()
    await gateway()
    await until(() => expect(meter.heard[0]?.command_id).toMatch(/:13$/))
  })

  test('not lost while the broker is away', async () => {
    await gateway()
    const meter = await handMeter()
    await until(() => expect(meter.heard).not.toHaveLength(0))
    broker.dropClients()
    await world.cut(0)
    await until(() => expect(meter.client.connected).toBe(true))
    await meter.client.subscribeAsync(meterTopic({ plant: world.plant, serial, leaf: 'cmd' }), { qos: 1 })
    await until(() => expect(meter.heard.at(-1)).toMatchObject({ desired_version: 2 }))
  })
})

describe('a meter that is not as desired is asked, when', () => {
  const reconcile = () => reconcileMeters({ db: database.db, now: world.nowWall, log: quiet })
  /** As if the command had been carried out, or lost, before this test. */
  const closeAs = (how: string): Promise<unknown> =>
    asOwner(`update meter_commands set state = '${how}', closed_at = now() where serial = '${serial}'`)

  test('its command was closed before it hung there', async () => {
    await closeAs('superseded')
    expect(await reconcile()).toBe(1)
    expect(await newest()).toMatchObject({ state: 'open', attempts: 0 })
    expect(await reconcile()).toBe(0)
  })

  test('it is ahead of our books: what we want gets a number above its own', async () => {
    await gateway()
    const meter = await handMeter()
    await meter.says('state', state(41, { load_limit_w: 2_000 }))
    await until(() => expect(meter.heard.at(-1)).toMatchObject({ desired_version: 42, args: { load_limit_w: 500 } }))
  })

  test('the clocks of its plant were changed', async () => {
    await gateway()
    const meter = await handMeter()
    await meter.says('state', state(1))
    await until(async () => expect(await newest()).toMatchObject({ state: 'done' }))
    expect(await reconcile()).toBe(0)
    await asOwner(`update plants set time_zone = 'Asia/Dhaka' where plant = '${world.plant}'`)
    expect(await reconcile()).toBe(1)
    await until(() => expect(meter.heard.at(-1)).toMatchObject({ desired_version: 1, args: { utc_offset_min: 360 } }))
    await meter.says('state', state(1))
    await meter.says('state', state(1, { utc_offset_min: 360 }))
    await until(async () => expect(await newest()).toMatchObject({ state: 'done' }))
    expect(await reported()).toMatchObject({ utcOffsetMin: 360 })
  })

  test('it does not hang in a house no more: on the shelf it is left alone', async () => {
    await closeAs('superseded')
    await asOwner(`update meter_installations set removed_at = now(), final_register_wh = 0 where serial = '${serial}'`)
    expect(await reconcile()).toBe(0)
  })
})

describe('what a meter says is', () => {
  test('stored once, though it repeats itself and turns the order round', async () => {
    await gateway()
    await fleet({ repeats: true, shuffles: true })
    for (const day of [2, 3, 4, 5]) {
      world.setBusiness(`2026-07-0${day}T00:00:00Z`)
      await until(async () => expect(await readings()).toContain(day - 1))
    }
    await until(async () => expect(await readings()).toEqual([1, 2, 3, 4]))
    expect(await rejects()).toEqual([])
  })

  test('not turned back by an older report that comes late', async () => {
    await gateway()
    const meter = await handMeter()
    const old = state(1)
    world.setBusiness('2026-07-01T09:00:00Z')
    await world.cut(0)
    await meter.says('state', state(2, { relay: 'open', relay_mode: 'open' }))
    await meter.says('state', old)
    await meter.says('ack', ack(undefined, {}))
    await meter.says('status', online())
    await until(async () => expect(await reported()).toMatchObject({ online: true }))
    expect(await reported()).toMatchObject({ version: 2, relay: 'open' })
    expect(await newest()).toMatchObject({ version: 2, state: 'done' })
  })

  test('no fresh contact when only the broker remembers it', async () => {
    const meter = await handMeter()
    const topic = (leaf: MeterLeaf) => meterTopic({ plant: world.plant, serial, leaf })
    await meter.client.publishAsync(topic('status'), online(), { qos: 1, retain: true })
    await meter.client.publishAsync(topic('state'), state(1), { qos: 1, retain: true })
    await gateway()
    await until(async () => expect(await reported()).toMatchObject({ version: 1, online: true, lastSeenAt: null }))
    await meter.says('telemetry', batch([1]))
    await until(async () => expect(await reported()).toMatchObject({ lastSeenAt: world.nowBusiness() }))
  })

  test('kept as an event', async () => {
    await gateway()
    const meter = await handMeter()
    const event = encodeMessage({ v: 1, boot_id: 1, seq: 7, ts: ts(), name: 'tamper', detail: 'cover' })
    await meter.says('event', event)
    await meter.says('event', event)
    await meter.says('telemetry', batch([1]))
    await until(async () => expect(await readings()).toEqual([1]))
    const events = await database.db.selectFrom('meterEvents').select(['kind', 'payload']).where('serial', '=', serial).execute()
    expect(events).toMatchObject([{ kind: 'tamper', payload: { seq: 7, detail: 'cover' } }])
  })

  test('suspect where its clock cannot be right', async () => {
    await gateway()
    const meter = await handMeter()
    const reading = { kind: 'billing' as const, energy_import_wh: 1 }
    const ahead = [
      { seq: 1, ts: ts(), ...reading },
      { seq: 2, ts: '2026-09-01T00:00:00Z', ...reading },
      { seq: 3, ts: ts(), ...reading, quality: ['clock_unset'] },
    ]
    await meter.says('telemetry', encodeMessage({ v: 1, boot_id: 1, readings: ahead }))
    await until(async () => expect(await readings()).toHaveLength(3))
    const stored = await database.db
      .selectFrom('meterTelemetry')
      .select('verdict')
      .where('serial', '=', serial)
      .orderBy('seq')
      .execute()
    expect(stored.map(({ verdict }) => verdict)).toEqual(['raw', 'suspect', 'suspect'])
  })

  test('put aside when it cannot be stored, and does not hold up what follows', async () => {
    const lines: object[] = []
    await gateway('gateway', { ...quiet, warn: (fields: object) => void lines.push(fields) })
    const meter = await handMeter()
    const stranger = `mg/v1/${world.plant}/SM99999999/telemetry`
    const { plant } = world
    await meter.client.publishAsync(stranger, batch([1]), { qos: 1 })
    await meter.client.publishAsync(stranger, batch([1]), { qos: 1 })
    await meter.says('telemetry', Buffer.from('{"v":1,"name":"Sunita"'))
    await meter.says('telemetry', batch([1]))
    // The same key with another register: the meter counts its boots anew.
    await meter.says(
      'telemetry',
      batch([1, 2], (seq) => 7 * seq),
    )
    await until(async () => expect(await readings()).toEqual([1, 2]))
    await until(async () => expect(await rejects()).toHaveLength(3))
    expect(await rejects()).toMatchObject([
      { topic: stranger, problem: 'UNKNOWN_METER', times: 2, payload: batch([1]) },
      { topic: `mg/v1/${plant}/${serial}/telemetry`, problem: 'NOT_JSON', times: 1 },
      { topic: `mg/v1/${plant}/${serial}/telemetry`, problem: 'CONTRADICTS_STORED', times: 1 },
    ])
    expect(JSON.stringify(lines)).not.toContain('Sunita')
  })

  test('not believed under the name of another plant', async () => {
    const other = await meteredPlant(database.db, { meters: 1 })
    await gateway()
    const meter = await handMeter()
    const topic = meterTopic({ plant: world.plant, serial: other.houses[0]?.serial ?? '', leaf: 'state' })
    await meter.client.publishAsync(topic, state(1), { qos: 1 })
    await until(async () => expect(await rejects()).toMatchObject([{ topic, problem: 'WRONG_PLANT' }]))
  })
})

describe('two gateways', () => {
  test('send each attempt once, and store what they both hear once', async () => {
    const meter = await handMeter()
    await Promise.all([gateway('one'), gateway('two')])
    for (let n = 0; n < 10; n += 1) {
      await world.cut(0)
      await meter.says('telemetry', batch([2 * n + 1]))
      await world.light(0)
      await meter.says('telemetry', batch([2 * n + 2]))
      await until(() => expect(meter.heard.at(-1)).toMatchObject({ desired_version: 2 * n + 3 }))
    }
    await until(async () => expect(await readings()).toHaveLength(20))
    // Nobody answers, so the newest is tried again, and again by one of them only: an attempt is counted before it is made.
    const heardNewest = () => meter.heard.filter((command) => command.desired_version === 21).length
    await until(() => expect(heardNewest()).toBeGreaterThan(2))
    await until(async () => expect((await newest())?.attempts).toBe(heardNewest()))
    const ids = meter.heard.map((command) => command.command_id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(await rejects()).toEqual([])
  })
})

describe('while the database', () => {
  const refuseTelemetry = () =>
    asOwner(`create function no_room() returns trigger language plpgsql as $$ begin raise exception 'no room' using errcode = 'disk_full'; end $$;
      create trigger no_room before insert on meter_telemetry for each statement execute function no_room()`)
  const makeRoom = () => asOwner('drop trigger if exists no_room on meter_telemetry; drop function if exists no_room()')
  afterEach(makeRoom)

  test('takes nothing, nothing is acknowledged, and all is stored in the end, by another process if need be', async () => {
    const told: string[] = []
    const first = await gateway('gateway', { ...quiet, warn: (_fields, text) => void told.push(text) })
    const meter = await handMeter()
    await refuseTelemetry()
    for (const seq of [1, 2, 3]) await meter.says('telemetry', batch([seq]))
    const attempts = () => told.filter((text) => text.startsWith('message not committed'))
    await until(() => expect(attempts().length).toBeGreaterThan(1))
    await first.stop()
    await makeRoom()
    expect(await readings()).toEqual([])
    await gateway()
    await until(async () => expect(await readings()).toEqual([1, 2, 3]))
  })

  test('loses its connections, every reading is stored once', async () => {
    await gateway()
    const meter = await handMeter()
    const cutConnections = () =>
      asOwner(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
      )
    for (let seq = 1; seq <= 60; seq += 1) {
      await meter.says('telemetry', batch([seq]))
      if (seq % 15 === 0) await cutConnections().catch(() => undefined)
    }
    await until(async () => expect(await readings()).toHaveLength(60), 30_000)
    await world.cut(0)
    await until(() => expect(meter.heard.at(-1)).toMatchObject({ desired_version: 2 }))
  })
})

test('whoever waits for a meter is told of its readings and reports', async () => {
  await gateway()
  const meter = await handMeter()
  await inTransaction(database.db, (tx) => tx.deleteFrom('outbox').execute())
  await meter.says('telemetry', batch([1]))
  await meter.says('state', state(1))
  await until(async () => {
    const nudges = await database.db.selectFrom('outbox').select('topic').where('topic', 'like', `%:${serial}`).execute()
    expect(nudges.map(({ topic }) => topic).toSorted()).toEqual([`meter:${serial}`, `reading:${serial}`])
  })
})
