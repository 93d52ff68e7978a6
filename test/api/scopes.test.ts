import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Role } from '../../domain/roles.ts'
import { expectBooksInBalance } from '../support/balanced-books.ts'
import { type World, world } from './support/world.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

const get = (url: string, role: Role) => w.app.inject({ url, headers: w.as(role) })

/** One field of every item of a list. */
async function listed(url: string, role: Role, field: string): Promise<unknown[]> {
  const { items } = (await get(url, role)).json<{ items: Record<string, unknown>[] }>()
  return items.map((item) => item[field])
}

describe('a customer', () => {
  test('sees their own account, with what they owe and what their meter does', async () => {
    const page = await get(`/v1/customers/${w.sunita.customerId}`, 'customer')
    expect(page.statusCode).toBe(200)
    const { money, connection, meter, processes } = page.json()
    expect(money.balances).toMatchObject({ owedMinor: 12_000, depositHeldMinor: 50_000 })
    expect(money.charges).toMatchObject([{ kind: 'opening', openMinor: 12_000 }])
    expect(connection).toMatchObject({ customerId: w.sunita.customerId, status: 'active', holds: [] })
    expect(meter.reported).toMatchObject({ version: meter.desired.version, loadLimitW: meter.desired.loadLimitW })
    expect(processes).toMatchObject([{ stage: 'Parked', parkedReason: null, temporalUrl: null }])
  })

  test('lists only their own accounts', async () => {
    expect((await get('/v1/accounts', 'customer')).json().items).toMatchObject([{ accountId: w.sunita.accountId }])
  })

  test.each(['', '/charges', '/bills', '/payments', '/readings', '/postings'])(
    'does not see that a neighbour’s account%s is there',
    async (list) => {
      const neighbour = await get(`/v1/accounts/${w.mohan.accountId}${list}`, 'customer')
      const nobody = await get(`/v1/accounts/BHKATS-A9999${list}`, 'customer')
      expect([neighbour.statusCode, neighbour.json().code, neighbour.json().detail]).toEqual([
        404,
        'NOT_FOUND',
        nobody.json().detail,
      ])
    },
  )

  test('may not look into the register, the staff or the books', async () => {
    for (const url of [
      '/v1/customers',
      '/v1/staff',
      '/v1/processes',
      '/v1/tasks',
      '/v1/audit',
      '/v1/ledger/trial-balance?plant=BHKATS',
    ])
      expect([url, (await get(url, 'customer')).statusCode]).toEqual([url, 403])
  })
})

describe('staff', () => {
  test('see the plants of their scope: one, a cluster’s, a state’s, all', async () => {
    const seen = (role: Role) => listed('/v1/plants', role, 'plant')
    expect(await Promise.all([seen('csa'), seen('cluster-in-charge'), seen('state-in-charge'), seen('head-office')])).toEqual([
      ['BHKATS'],
      ['BHKATS'],
      ['BHKATS'],
      ['BHKATS', 'JHDUMK'],
    ])
  })

  test('do not learn of another plant, whatever they name', async () => {
    for (const url of [
      '/v1/customers?plant=JHDUMK',
      '/v1/packages?plant=JHDUMK',
      '/v1/clock?plant=JHDUMK',
      '/v1/ledger/trial-balance?plant=JHDUMK',
      `/v1/accounts/${w.farAccountId}`,
    ])
      expect([url, (await get(url, 'cluster-in-charge')).statusCode]).toEqual([url, 404])
    expect((await get(`/v1/accounts/${w.farAccountId}`, 'head-office')).statusCode).toBe(200)
  })

  test('find a customer by either script, by the beginning of the ID, and by status', async () => {
    await w.database.db
      .updateTable('persons')
      .set({ name: 'Sunita Devi', nameHi: null })
      .where('personId', '=', w.sunita.personId)
      .execute()
    const found = (query: string) => listed(`/v1/customers?${query}`, 'csa', 'customerId')
    expect(await found(`search=${encodeURIComponent('सुनीता')}`)).toEqual([w.sunita.customerId])
    expect(await found('search=suneeta')).toEqual([w.sunita.customerId])
    expect(await found(`search=${w.mohan.customerId}`)).toEqual([w.mohan.customerId])
    expect(await found('status=banned')).toEqual([])
  })

  test('page through lists without gaps or repeats', async () => {
    const first = (await get('/v1/customers?limit=1', 'csa')).json()
    const second = (await get(`/v1/customers?limit=1&cursor=${first.nextCursor}`, 'csa')).json()
    expect([...first.items, ...second.items]).toMatchObject([
      { customerId: w.sunita.customerId },
      { customerId: w.mohan.customerId },
    ])
    expect(second.nextCursor).toBeNull()
  })

  test('a technician sees meter and connection, not the money', async () => {
    const page = (await get(`/v1/customers/${w.sunita.customerId}`, 'technician')).json()
    expect([page.money, page.notices, page.meter.serial]).toEqual([null, null, w.sunita.serial])
    expect((await get(`/v1/accounts/${w.sunita.accountId}/charges`, 'technician')).statusCode).toBe(403)
  })

  test('see where a process stands, with the way to its run', async () => {
    const { items } = (await get('/v1/processes?state=parked', 'cluster-in-charge')).json()
    expect(items).toMatchObject([
      {
        workflowId: w.workflowId,
        stage: 'Parked',
        temporalUrl: `http://temporal.test/namespaces/default/workflows/${encodeURIComponent(w.workflowId)}`,
      },
    ])
    const page = (await get(`/v1/processes/${encodeURIComponent(w.workflowId)}`, 'operator')).json()
    expect(page).toMatchObject({ process: { parkedReason: 'INVALID_INPUT: test' }, decisions: [] })
  })

  test('see their own tasks and the plant’s', async () => {
    const ids = (role: Role, query: string) => listed(`/v1/tasks?${query}`, role, 'taskId')
    expect(await ids('technician', 'mine=true')).toEqual([w.taskId])
    expect(await ids('csa', 'mine=true')).toEqual([])
    expect(await ids('csa', 'status=open')).toEqual([w.taskId])
  })
})

test('the books of a plant show each customer’s dues and deposit as their own page does', async () => {
  type Book = { code: string; debitMinor: number; creditMinor: number }
  const { items } = (await get('/v1/ledger/trial-balance?plant=BHKATS', 'head-office')).json<{ items: Book[] }>()
  const balance = (code: string) => items.filter((one) => one.code === code).map((one) => one.debitMinor - one.creditMinor)
  expect(balance(`receivable:${w.sunita.accountId}`)).toEqual([12_000])
  expect(balance(`deposit:${w.sunita.accountId}`)).toEqual([-50_000])
  await expectBooksInBalance(w.database.db)
})

test('business time runs from where the plant’s clock was set', async () => {
  const clock = (await get('/v1/clock?plant=BHKATS', 'customer')).json()
  expect(clock).toMatchObject({ plant: 'BHKATS', speed: 1, timeZone: 'Asia/Kolkata' })
  expect(clock.now > '2026-07-01T03:30:00.000Z').toBe(true)
})

test('packages are told as figure 10 writes them', async () => {
  const { items } = (await get('/v1/packages?code=B1.1', 'customer')).json()
  expect(items).toMatchObject([{ text: 'B1.1 (FD) / 500 / 50+18u', loadLimitW: 500, fixedChargeMinor: 5000 }])
})

test('staff read the rules of their plant, and of no other; a customer does not', async () => {
  const url = '/v1/plants/BHKATS/policy'
  const { statusCode, body } = await w.app.inject({ url, headers: w.as('technician') })
  expect([statusCode, JSON.parse(body).postpaid]).toEqual([200, { dueAfter: 'P9D', issuedWithin: 'P3D' }])
  expect((await w.app.inject({ url, headers: w.asStranger('technician') })).statusCode).toBe(404)
  expect((await w.app.inject({ url, headers: w.as('customer') })).statusCode).toBe(403)
})
