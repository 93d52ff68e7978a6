import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { connectAsync, type MqttClient } from 'mqtt'
import { meterPassword } from '../../db/meter-login.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { installMeter, removeMeter } from '../../db/queries/stock.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { admit } from '../../meters/access/commands.ts'
import { createBrokerControl } from '../../meters/access/control.ts'
import { type Access, startAccess } from '../../workers/gateway/access.ts'
import { ASOF } from '../support/books.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { PLANT, seedPlant } from '../support/village.ts'
import { gateway, hasMosquitto, type RunningMosquitto, startMosquitto } from './mosquitto.ts'

const quiet = { info: () => undefined, warn: () => undefined }
const key = Buffer.alloc(32, 7)
const work = { source: 'test', asOf: ASOF, enteredBy: 'binod', reviewedBy: 'chandan' }

const onMosquitto = hasMosquitto ? describe : describe.skip

onMosquitto('a meter’s access to Mosquitto', () => {
  let database: TestDatabase
  let broker: RunningMosquitto
  let access: Access
  const clients: MqttClient[] = []

  beforeAll(async () => {
    database = await freshDatabase()
    broker = await startMosquitto()
    await seedPlant(database.db, { wallFrom: ASOF, startsAt: ASOF, policy: KATSA_POLICY_V1 })
    access = startAgain()
  })
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)))
  })
  afterAll(async () => {
    await access.stop()
    await broker.close()
    await database.close()
  })

  function startAgain(): Access {
    const { db, appUrl: databaseUrl } = database
    return startAccess({ db, databaseUrl, broker: broker.access, key, now: Date.now, log: quiet })
  }

  async function comeIn(who: { username: string; password: string; clientId?: string }): Promise<MqttClient> {
    const { username, password, clientId = username } = who
    const options = { username, password, clientId, protocolVersion: 5, reconnectPeriod: 0 } as const
    const client = await connectAsync(broker.url, options)
    clients.push(client)
    return client
  }

  /** Comes in as soon as the broker has been told of the meter. */
  async function letIn(serial: string, generation: number): Promise<MqttClient> {
    const found = { client: undefined as MqttClient | undefined }
    await until(async () => {
      found.client = await comeIn({ username: serial, password: meterPassword(key, { serial, generation }) })
    })
    if (found.client === undefined) throw new Error('not let in')
    return found.client
  }

  const take = (serial: string): Promise<void> =>
    inTransaction(database.db, (tx) => removeMeter(tx, { ...work, serial, removedAt: ASOF, finalRegisterWh: 150_000 }))
  const hang = ({ serial, customerId, accountId }: ConnectedCustomer): Promise<void> =>
    inTransaction(database.db, (tx) =>
      installMeter(tx, { ...work, serial, customerId, accountId, installedAt: ASOF, startRegisterWh: 150_000 }),
    )
  const refused = /not authorized/i

  test('a meter comes in when it is installed, without a restart, and tells the gateway its state', async () => {
    const { serial } = await connectCustomer(database.db)
    const meter = await letIn(serial, 1)
    const hears = await comeIn({ ...gateway, clientId: 'hears' })
    const heard: string[] = []
    hears.on('message', (topic) => heard.push(topic))
    await hears.subscribeAsync('mg/v1/+/+/state', { qos: 1 })
    await meter.publishAsync(`mg/v1/${PLANT}/${serial}/state`, '{}', { qos: 1 })
    await until(() => expect(heard).toEqual([`mg/v1/${PLANT}/${serial}/state`]))
  })

  test('a meter that speaks for another, for another plant or as the gateway is refused', async () => {
    const [one, other] = [await connectCustomer(database.db), await connectCustomer(database.db)]
    const meter = await letIn(one.serial, 1)
    await letIn(other.serial, 1)
    for (const topic of [`${PLANT}/${other.serial}/state`, `JHDUMK/${one.serial}/state`, `${PLANT}/${other.serial}/cmd`])
      await expect(meter.publishAsync(`mg/v1/${topic}`, '{}', { qos: 1 })).rejects.toThrow(refused)
    await meter.publishAsync(`mg/v1/${PLANT}/${one.serial}/state`, '{}', { qos: 1 })
  })

  test('a meter that asks for another’s commands, or for everybody’s, is refused', async () => {
    const [one, other] = [await connectCustomer(database.db), await connectCustomer(database.db)]
    const meter = await letIn(one.serial, 1)
    for (const filter of [`mg/v1/${PLANT}/${other.serial}/cmd`, 'mg/v1/+/+/cmd', '$CONTROL/dynamic-security/v1/response', '#'])
      await expect(meter.subscribeAsync(filter, { qos: 1 })).rejects.toThrow(refused)
    await meter.subscribeAsync(`mg/v1/${PLANT}/${one.serial}/cmd`, { qos: 1 })
  })

  test('a password counts for its own meter only, under its own client id', async () => {
    const [one, other] = [await connectCustomer(database.db), await connectCustomer(database.db)]
    await letIn(other.serial, 1)
    const { serial: username } = one
    await letIn(username, 1)
    const password = meterPassword(key, { serial: username, generation: 1 })
    await expect(comeIn({ username, password, clientId: other.serial })).rejects.toThrow(refused)
    await expect(comeIn({ username: other.serial, password })).rejects.toThrow(refused)
  })

  test('a meter that is taken down is thrown out and stays out; hung up again, it has another password', async () => {
    const house = await connectCustomer(database.db)
    const { serial } = house
    const meter = await letIn(serial, 1)
    await take(serial)
    await until(() => expect(meter.connected).toBe(false))
    const first = { username: serial, password: meterPassword(key, { serial, generation: 1 }) }
    await expect(comeIn(first)).rejects.toThrow(refused)
    await hang(house)
    await letIn(serial, 2)
    await expect(comeIn(first)).rejects.toThrow(refused)
  })

  test('the broker keeps the meters over its own restart, also while nobody manages them', async () => {
    const { serial } = await connectCustomer(database.db)
    await letIn(serial, 1)
    await access.stop()
    await broker.restart()
    await comeIn({ username: serial, password: meterPassword(key, { serial, generation: 1 }) })
    access = startAgain()
  })

  test('a broker that has lost its accounts gets them back, and whoever it should not know is thrown out', async () => {
    const { serial } = await connectCustomer(database.db)
    await letIn(serial, 1)
    await broker.restart({ forget: true })
    await letIn(serial, 1)
    await access.stop()
    const control = createBrokerControl({ ...broker.access, onConnect: () => undefined, log: quiet })
    await until(() => expect(control.connected()).toBe(true))
    await control.run(admit({ serial: 'ROGUE1', plant: PLANT, password: 'rogue', mark: '' }))
    await control.close()
    const rogue = await comeIn({ username: 'ROGUE1', password: 'rogue' })
    access = startAgain()
    await until(() => expect(rogue.connected).toBe(false))
  })

  test('a new password of the gateway counts from the next start, and the meters are let in again', async () => {
    const { serial } = await connectCustomer(database.db)
    await letIn(serial, 1)
    await broker.restart({ gatewayPassword: 'another-word' })
    await expect(comeIn({ ...gateway, clientId: 'hears' })).rejects.toThrow(refused)
    await comeIn({ username: gateway.username, password: 'another-word', clientId: 'hears' })
    await letIn(serial, 1)
    await broker.restart()
  })

  test('the account that manages the meters can neither hear nor command them', async () => {
    const manager = await comeIn({ ...broker.access, clientId: 'nosy' })
    await expect(manager.subscribeAsync('mg/v1/+/+/state', { qos: 1 })).rejects.toThrow(refused)
    await expect(manager.publishAsync(`mg/v1/${PLANT}/SM1/cmd`, '{}', { qos: 1 })).rejects.toThrow(refused)
    const asGateway = await comeIn({ ...gateway, clientId: 'hears' })
    await expect(asGateway.publishAsync('$CONTROL/dynamic-security/v1', '{}', { qos: 1 })).rejects.toThrow(refused)
  })
})
