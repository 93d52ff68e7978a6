import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { inTransaction } from '../../db/queries/accounts.ts'
import { liftHold, placeHold } from '../../db/queries/supply.ts'
import type { Role } from '../../domain/roles.ts'
import { answerCommands } from '../../simulate/village/meters.ts'
import { connectCustomer } from '../support/connections.ts'
import { type World, world } from './support/world.ts'

const CUT_AT = '2026-07-05T04:30:00.000Z'
const LIT_AT = '2026-07-05T05:30:00.000Z'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

const ask = (serial: string, role: Role = 'operator', plant = 'BHKATS') =>
  w.app.inject({ url: `/v1/plants/${plant}/meters/${serial}`, headers: w.as(role) })

interface Look {
  readonly isAsDesired: boolean
  readonly darkReasons: readonly string[]
  readonly desired: { readonly version: number; readonly relay: string }
  readonly reported: { readonly version: number; readonly relay: string }
  readonly command: { readonly state: string } | null
  readonly lastContactAgeS: number
}
const look = async (serial: string): Promise<Look> => (await ask(serial)).json<Look>()
const meters = (asOf: string) => answerCommands(w.database.db, { away: new Set(), refusing: new Map(), asOf })

test('staff see what a meter should be beside what it says it is, and why its house has no light', async () => {
  const { customerId, serial } = await connectCustomer(w.database.db)
  expect(await look(serial)).toMatchObject({ isAsDesired: true, darkReasons: [], desired: { version: 1, relay: 'auto' } })

  const hold = { customerId, reason: 'unpaid', owner: 'staff:anil' } as const
  await inTransaction(w.database.db, (tx) => placeHold(tx, hold, CUT_AT))
  const asked = await look(serial)
  expect(asked).toMatchObject({ isAsDesired: false, desired: { version: 2, relay: 'open' }, command: { state: 'open' } })
  // The contact is still closed: there is light, and nothing to explain.
  expect(asked.darkReasons).toEqual([])
  expect(asked.reported).toMatchObject({ version: 1, relay: 'closed' })

  await meters(CUT_AT)
  const dark = await look(serial)
  expect(dark).toMatchObject({ isAsDesired: true, darkReasons: ['unpaid'], command: { state: 'done' } })

  await inTransaction(w.database.db, (tx) => liftHold(tx, hold, LIT_AT))
  expect(await look(serial)).toMatchObject({ isAsDesired: false, darkReasons: ['not-yet-obeyed'] })
  await meters(LIT_AT)
  const lit = await look(serial)
  expect(lit).toMatchObject({ isAsDesired: true, darkReasons: [] })
  expect(lit.lastContactAgeS).toBeGreaterThanOrEqual(0)
})

test('an unknown meter, and one of a plant that is not theirs, are not to be found', async () => {
  const { serial } = await connectCustomer(w.database.db)
  expect((await ask('SM999999')).statusCode).toBe(404)
  expect((await ask(serial, 'operator', 'BHSARA')).statusCode).toBe(404)
})
