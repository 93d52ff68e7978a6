import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import type { MqttClient } from 'mqtt'
import { startBroker } from '../../bench/broker.mjs'
import type { OwnBroker } from '../../bench/broker.mjs'
import { withClient } from '../../dev/stack/postgres.mjs'
import { readIncoming } from '../../meters/incoming.ts'
import { encodeMessage } from '../../meters/messages.ts'
import { meterTopic } from '../../meters/topics.ts'
import { startGateway, type Gateway } from '../../workers/gateway/gateway.ts'
import { createIngest, type Ingest } from '../../workers/gateway/ingest.ts'
import { meteredPlant, type MeteredPlant } from '../support/metered-plant.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { until } from '../support/until.ts'

// On Mosquitto where the machine has it: it keeps what is queued over a restart, and speaks MQTT 5.
let database: TestDatabase
let broker: OwnBroker
let world: MeteredPlant
let stop: (() => Promise<unknown>)[]
let told: { fields: object; text: string }[]

beforeAll(async () => {
  database = await freshDatabase()
  broker = await startBroker()
})
afterAll(async () => {
  await broker.close()
  await database.close()
})
beforeEach(async () => {
  world = await meteredPlant(database.db, { meters: 3 })
  stop = []
  told = []
})
afterEach(async () => {
  for (const end of stop.reverse()) await end()
})

const UNLUCKY = `create function unlucky() returns trigger language plpgsql as $$ begin
    if new.register_wh = 13 then raise exception 'unlucky' using errcode = 'check_violation'; end if; return new; end $$;
  create trigger unlucky before insert on meter_telemetry for each row execute function unlucky()`
const log = {
  info: () => undefined,
  warn: (fields: object, text: string) => void told.push({ fields, text }),
}
const house = (n: number): string => world.houses[n]?.serial ?? ''
const topicOf = (serial: string): string => meterTopic({ plant: world.plant, serial, leaf: 'telemetry' })
const words = (seqs: readonly number[], more: object = {}): Buffer => {
  const readings = seqs.map((seq) => ({
    seq,
    ts: world.nowBusiness(),
    kind: 'periodic' as const,
    energy_import_wh: seq,
    ...more,
  }))
  return encodeMessage({ v: 1, boot_id: 1, readings })
}
const incoming = (serial: string, payload: Buffer) => readIncoming({ topic: topicOf(serial), payload, retain: false })
const ingest = (): Ingest => createIngest({ db: database.db, now: world.nowWall, log, onDue: () => undefined })
const stored = async () => {
  const rows = await database.db
    .selectFrom('meterTelemetry')
    .select(['serial', 'seq', 'receivedAt'])
    .where('serial', 'like', `SM${world.plant}%`)
    .orderBy('serial')
    .orderBy('seq')
    .execute()
  return rows.map(({ serial, seq, receivedAt }) => ({ serial, seq, receivedAt }))
}
const seqsOf = async (serial: string) => (await stored()).filter((row) => row.serial === serial).map(({ seq }) => seq)
const rejects = () =>
  database.db
    .selectFrom('meterRejects')
    .select(['topic', 'problem', 'times'])
    .where('topic', 'like', `mg/v1/${world.plant}/%`)
    .orderBy('rejectId')
    .execute()

describe('what several meters sent meanwhile is', () => {
  test('stored in one transaction, in which every meter is heard and whoever waits is told once', async () => {
    await database.db.deleteFrom('outbox').execute()
    await ingest().many([
      incoming(house(0), words([1, 2])),
      incoming(house(1), words([1])),
      incoming(house(0), words([3])),
      incoming(house(0), words([2, 3])),
    ])
    const rows = await stored()
    expect(rows.map(({ serial, seq }) => [serial, seq])).toEqual([
      [house(0), 1],
      [house(0), 2],
      [house(0), 3],
      [house(1), 1],
    ])
    // `now()` is the beginning of the transaction.
    expect(new Set(rows.map(({ receivedAt }) => receivedAt)).size).toBe(1)
    const heard = await database.db
      .selectFrom('meterReported')
      .select(['serial', 'lastSeenAt'])
      .where('serial', 'in', [house(0), house(1)])
      .execute()
    expect(heard.map(({ lastSeenAt }) => lastSeenAt)).toEqual([world.nowBusiness(), world.nowBusiness()])
    const nudges = await database.db.selectFrom('outbox').select('topic').execute()
    expect(nudges.map(({ topic }) => topic).toSorted()).toEqual([`reading:${house(0)}`, `reading:${house(1)}`])
  })

  test('stored though strangers, an unreadable one and a contradiction are among it, which alone are put aside', async () => {
    await ingest().many([
      incoming(house(0), words([1])),
      incoming('SM99999999', words([1])),
      incoming(house(1), Buffer.from('{"v":1')),
      incoming(house(0), words([1, 2], { energy_import_wh: 77 })),
      incoming(house(2), words([1])),
    ])
    expect(await seqsOf(house(0))).toEqual([1, 2])
    expect(await seqsOf(house(2))).toEqual([1])
    expect(await rejects()).toEqual([
      { topic: topicOf('SM99999999'), problem: 'UNKNOWN_METER', times: 1 },
      { topic: topicOf(house(1)), problem: 'NOT_JSON', times: 1 },
      { topic: topicOf(house(0)), problem: 'CONTRADICTS_STORED', times: 1 },
    ])
  })

  test('stored though the database refuses one of it', async () => {
    await withClient(database.ownerUrl, (client) => client.query(UNLUCKY))
    const unlucky = words([1], { energy_import_wh: 13 })
    await ingest().many([incoming(house(0), words([1])), incoming(house(1), unlucky), incoming(house(2), words([1]))])
    await withClient(database.ownerUrl, (client) => client.query('drop function unlucky() cascade'))
    expect((await stored()).map(({ serial }) => serial)).toEqual([house(0), house(2)])
    expect(await rejects()).toEqual([{ topic: topicOf(house(1)), problem: 'NOT_STORABLE', times: 1 }])
  })

  test('stored though one of it is nested deeper than can be written down', async () => {
    const depth = 20_000
    const text = words([1])
      .toString()
      .replace('}]', `,"extra":${'['.repeat(depth)}${']'.repeat(depth)}}]`)
    const deep = incoming(house(1), Buffer.from(text))
    await ingest().many([incoming(house(0), words([1])), deep, incoming(house(2), words([1]))])
    expect((await stored()).map(({ serial }) => serial)).toEqual([house(0), house(2)])
    expect(await rejects()).toEqual([{ topic: topicOf(house(1)), problem: 'NOT_STORABLE', times: 1 }])
  })
})

async function gateway(clientId = 'gateway'): Promise<Gateway> {
  const started = startGateway({
    db: database.db,
    databaseUrl: database.appUrl,
    mqtt: {
      url: broker.url,
      clientId: `${clientId}-${world.plant}`,
      plants: [world.plant],
      protocolVersion: broker.protocolVersion,
    },
    now: world.nowWall,
    log,
  })
  stop.push(started.stop)
  await started.ready()
  return started
}

async function sender(clientId: string): Promise<MqttClient> {
  const client = await mqtt.connectAsync(broker.url, { clientId, reconnectPeriod: 50, clean: false })
  stop.push(() => client.endAsync(true))
  return client
}

test('while one meter floods, the reading of another is stored, and staff are told whose flood it is', async () => {
  const first = await gateway()
  const loud = await sender(house(0))
  const calm = await sender(house(1))
  await first.stop()
  const flood = Array.from({ length: 1_500 }, (_, n) => loud.publishAsync(topicOf(house(0)), words([n + 1]), { qos: 1 }))
  await Promise.all(flood)
  await calm.publishAsync(topicOf(house(1)), words([1]), { qos: 1 })
  const more = Array.from({ length: 500 }, (_, n) => loud.publishAsync(topicOf(house(0)), words([n + 2_001]), { qos: 1 }))
  await gateway()
  await until(async () => expect(await seqsOf(house(1))).toEqual([1]))
  await Promise.all(more)
  await until(async () => expect(await seqsOf(house(0))).toHaveLength(2_000))
  const floods = told.filter(({ text }) => text === 'one meter floods the gateway')
  expect(floods.map(({ fields }) => fields)).toEqual(floods.map(() => expect.objectContaining({ topic: topicOf(house(0)) })))
  // At MQTT 3.1.1 the broker hands over twenty at a time.
  if (broker.protocolVersion === 5) expect(floods).toHaveLength(1)
})

test('over restarts of the broker every reading that was acknowledged is stored once', async () => {
  await gateway()
  const meters = await Promise.all([0, 1, 2].map(async (n) => ({ serial: house(n), client: await sender(house(n)) })))
  const acknowledged: Promise<unknown>[] = []
  for (let seq = 1; seq <= 300; seq += 1) {
    for (const { serial, client } of meters) acknowledged.push(client.publishAsync(topicOf(serial), words([seq]), { qos: 1 }))
    if (seq % 100 === 50) {
      await until(async () => expect((await stored()).length).toBeGreaterThan(3 * (seq - 50)))
      await broker.stop()
      await broker.start()
    }
  }
  await Promise.all(acknowledged)
  await until(async () => expect((await stored()).length).toBe(900), 60_000)
  for (const { serial } of meters) expect(await seqsOf(serial)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1))
  expect(await rejects()).toEqual([])
}, 180_000)

test('two gateways that hear the same flood store each reading once', async () => {
  await Promise.all([gateway('one'), gateway('two')])
  const meter = await sender(house(0))
  const sent = Array.from({ length: 300 }, (_, n) => meter.publishAsync(topicOf(house(0)), words([n + 1]), { qos: 1 }))
  await Promise.all(sent)
  await until(async () => expect(await seqsOf(house(0))).toHaveLength(300))
  expect(await rejects()).toEqual([])
})
