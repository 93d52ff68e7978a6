import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { meterPassword } from '../../db/meter-login.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { removeMeter } from '../../db/queries/stock.ts'
import type { Role } from '../../domain/roles.ts'
import { ASOF } from '../support/books.ts'
import { type World, world } from './support/world.ts'

const key = Buffer.alloc(32, 5)
let w: World
beforeAll(async () => {
  w = await world({ config: { meterAccessKey: key } })
})
afterAll(() => w.close())

const look = (serial: string, headers = w.as('technician')) => w.app.inject({ url: `/v1/meters/${serial}/access`, headers })

test('a technician sees the password of the meter where he has a task, and the look is in the audit log', async () => {
  const { serial } = w.sunita
  const answer = await look(serial)
  expect([answer.statusCode, answer.json()]).toEqual([
    200,
    {
      serial,
      plant: 'BHKATS',
      generation: 1,
      username: serial,
      clientId: serial,
      password: meterPassword(key, { serial, generation: 1 }),
      isApplied: false,
    },
  ])
  const lines = await w.database.db
    .selectFrom('auditLog')
    .select(['actor', 'plant'])
    .where('subject', '=', `meter:${serial}`)
    .where('action', '=', 'readMeterAccess')
    .execute()
  expect(lines).toEqual([{ actor: 'binod', plant: 'BHKATS' }])
})

test('elsewhere the technician sees no more than where there is no meter', async () => {
  const [neighbours, nobodys] = [await look(w.mohan.serial), await look('SM999999')]
  expect([neighbours.statusCode, neighbours.json().code]).toEqual([404, 'NOT_FOUND'])
  expect(neighbours.json().detail).toEqual(nobodys.json().detail)
})

test('those in charge see every meter of their plants, and none of others', async () => {
  expect((await look(w.mohan.serial, w.as('cluster-in-charge'))).statusCode).toBe(200)
  expect((await look(w.mohan.serial, w.asStranger('cluster-in-charge'))).statusCode).toBe(404)
})

test.each<Role>(['customer', 'csa', 'operator'])('a %s does not see passwords', async (role) => {
  expect((await look(w.sunita.serial, w.as(role))).statusCode).toBe(403)
})

test('a meter that was taken down has no password any more', async () => {
  const { serial } = w.mohan
  const removal = { source: 'test', asOf: ASOF, serial, removedAt: ASOF, finalRegisterWh: 900_000, enteredBy: 'binod' }
  await inTransaction(w.database.db, (tx) => removeMeter(tx, { ...removal, reviewedBy: 'chandan' }))
  expect((await look(serial, w.as('head-office'))).statusCode).toBe(404)
})

test('for a week a technician sees the password of the meter he hung, also when his task is completed', async () => {
  const { accountId, serial } = w.sunita
  const { db } = w.database
  const hung = (of: string) =>
    sql`
      update tasks set status = 'completed', result = jsonb_build_object('serial', ${of}::text),
        completed_at = ${ASOF}, completed_by = 'binod', reviewed_by = 'chandan', reviewed_at = ${ASOF}
      where account_id = ${accountId}`.execute(db)
  await hung('SM999999')
  expect((await look(serial)).statusCode).toBe(404)
  await hung(serial)
  expect((await look(serial)).statusCode).toBe(200)
  await sql`update meter_access set wanted_at = now() - interval '8 days' where serial = ${serial}`.execute(db)
  expect((await look(serial)).statusCode).toBe(404)
})
