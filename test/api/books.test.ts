import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'csv-parse/sync'
import { inTransaction } from '../../db/queries/accounts.ts'
import { closeBusinessDay } from '../../db/queries/books/closings.ts'
import { keepCases } from '../../db/queries/cases.ts'
import type { Role } from '../../domain/roles.ts'
import { payInCash } from '../support/connections.ts'
import { PLANT, ZONE } from '../support/village.ts'
import { type World, world } from './support/world.ts'

let w: World
beforeAll(async () => {
  w = await world()
  // Sunita owes 120.00 since 20 June and pays 50.00 on 1 July.
  const paid = { accountId: w.sunita.accountId, amountMinor: 5_000, at: '2026-07-01T05:00:00.000Z', reference: 'books-1' }
  await payInCash(w.database.db, paid)
})
afterAll(() => w.close())

const get = (url: string, role: Role, accept = 'application/json') =>
  w.app.inject({ url: `/v1/books/${url}`, headers: { ...w.as(role), accept } })
const ON = 'plant=BHKATS&on=2026-07-31'
interface Row {
  readonly group: string
  readonly code: string
  readonly balanceMinor: number
  readonly cashMinor: number
}
interface Report {
  readonly plants: string[]
  readonly currency: string
  readonly on: string
  readonly debitMinor: number
  readonly creditMinor: number
  readonly cashMinor: number
  readonly items: (Row & Record<string, unknown>)[]
  readonly nextCursor: string | null
}
const report = async (url: string, role: Role): Promise<Report> => (await get(url, role)).json<Report>()
const rowsOf = (body: string): Record<string, string>[] => parse(body, { columns: true })

describe('the books of a plant', () => {
  test('are in balance, by group and by account, page after page', async () => {
    const groups = await report(`trial-balance?${ON}`, 'cluster-in-charge')
    expect(groups).toMatchObject({ plants: ['BHKATS'], currency: 'INR', on: '2026-07-31', nextCursor: null })
    expect(groups.debitMinor).toBe(groups.creditMinor)
    // 120.00 - 50.00 owed, two deposits of 500.00.
    const balances = Object.fromEntries(groups.items.map((row) => [row.group, row.balanceMinor]))
    expect(balances).toMatchObject({ receivable: 7_000, deposit: 100_000 })
    const first = await report(`trial-balance?${ON}&by=account&limit=2`, 'cluster-in-charge')
    const second = await report(`trial-balance?${ON}&by=account&limit=200&cursor=${first.nextCursor}`, 'cluster-in-charge')
    expect(first.items).toHaveLength(2)
    expect(second.items.map(({ code }) => code)).not.toContain(first.items[1]?.code)
    expect(second.nextCursor).toBeNull()
  })

  test('say who owes how much for how long', async () => {
    const { items } = (await get(`receivables?${ON}`, 'cluster-in-charge')).json()
    // 20 June to 31 July are 41 days.
    expect(items).toMatchObject([
      { standing: 'active', accounts: 1, totalMinor: 7_000, ledgerMinor: 7_000, creditMinor: 0, buckets: { '0-44': 7_000 } },
      { standing: 'banned', accounts: 0, totalMinor: 0, ledgerMinor: 0 },
    ])
    const accounts = (await get('receivables/accounts?plant=BHKATS&on=2026-08-04', 'cluster-in-charge')).json()
    // 20 June to 4 August are 45 days.
    expect(accounts.items).toMatchObject([{ accountId: w.sunita.accountId, buckets: { '0-44': 0, '45-60': 7_000 } }])
  })

  test('say what came in for which service, and how', async () => {
    const came = (await get('collections?plant=BHKATS&from=2026-07-01&to=2026-07-01', 'cluster-in-charge')).json()
    expect(came).toMatchObject({ receivedMinor: 5_000, ledgerMinor: 5_000, bounced: [] })
    expect(came.items).toEqual([{ service: 'DUE', channel: 'cash', amountMinor: 5_000 }])
    const later = (await get('collections?plant=BHKATS&from=2026-07-02&to=2026-07-31', 'cluster-in-charge')).json()
    expect(later).toMatchObject({ receivedMinor: 0, ledgerMinor: 0, items: [] })
    expect((await get('collections?from=2026-07-02&to=2026-07-01', 'cluster-in-charge')).json().code).toBe('INVALID_INPUT')
  })

  test('say who holds cash, and whose deposits are held', async () => {
    const cash = await report(`cash?${ON}`, 'cluster-in-charge')
    expect(cash.items).toContainEqual({ holder: 'asha', cashMinor: 5_000, shortMinor: 0 })
    const inHand = cash.items.reduce((sum, { cashMinor }) => sum + cashMinor, 0)
    expect(cash.cashMinor).toBe(inHand)
    const deposits = (await get(`deposits?${ON}&limit=1`, 'cluster-in-charge')).json()
    expect(deposits).toMatchObject({ heldMinor: 100_000, items: [{ accountId: w.sunita.accountId, heldMinor: 50_000 }] })
    const { items } = (await get(`deposits?${ON}&cursor=${deposits.nextCursor}`, 'cluster-in-charge')).json()
    expect(items).toMatchObject([{ accountId: w.mohan.accountId, heldMinor: 50_000 }])
  })

  test('of a day that is closed stand with their hash', async () => {
    const day = { plant: PLANT, zone: ZONE, currency: 'INR', date: '2026-07-01', asOf: '2026-07-02T01:00:00.000Z' }
    const { hash } = await closeBusinessDay(w.database.db, day)
    expect((await get('closings?plant=BHKATS', 'state-in-charge')).json().items).toMatchObject([
      { businessDate: '2026-07-01', hash },
    ])
    const closing = (await get('closings/BHKATS/2026-07-01', 'state-in-charge')).json()
    expect(closing.late).toEqual([])
    expect(closing.groups).toContainEqual({
      group: 'receivable',
      class: 'asset',
      openingMinor: 0,
      lateMinor: 0,
      movements: { charge: 12_000, allocation: -5_000 },
      closingMinor: 7_000,
    })
    const csv = rowsOf((await get('closings/BHKATS/2026-07-01?format=csv', 'state-in-charge')).body)
    expect(csv).toContainEqual({ group: 'receivable', class: 'asset', line: 'allocation', amountMinor: '-5000' })
    expect((await get('closings/BHKATS/2026-07-02', 'state-in-charge')).statusCode).toBe(404)
  })
})

test.each([
  [`trial-balance?${ON}`, 'group'],
  [`trial-balance?${ON}&by=account`, 'code'],
  [`receivables?${ON}`, 'standing'],
  [`receivables/accounts?${ON}`, 'accountId'],
  ['collections?plant=BHKATS&from=2026-07-01&to=2026-07-31', 'service'],
  [`cash?${ON}`, 'holder'],
  [`deposits?${ON}`, 'accountId'],
])('%s is a table as well: asked for by format or by what is accepted', async (url, key) => {
  const { items } = await report(url, 'head-office')
  const byFormat = await get(`${url}&format=csv`, 'head-office')
  const byAccept = await get(url, 'head-office', 'text/csv')
  expect(byFormat.headers['content-type']).toBe('text/csv; charset=utf-8; header=present')
  expect(byAccept.body).toBe(byFormat.body)
  expect(rowsOf(byFormat.body).map((row) => row[key])).toEqual(items.map((row) => row[key]))
})

describe('whose books', () => {
  test('a plant’s in-charge sees those of the scope, head office all of them, by plant, cluster or state', async () => {
    const plants = async (query: string, role: Role) => (await report(`receivables?on=2026-07-31&${query}`, role)).plants
    expect(await plants('', 'cluster-in-charge')).toEqual(['BHKATS'])
    expect(await plants('', 'head-office')).toEqual(['BHKATS', 'JHDUMK'])
    expect(await plants('state=JH', 'head-office')).toEqual(['JHDUMK'])
    expect(await plants('cluster=Saran%20East', 'head-office')).toEqual(['BHKATS'])
  })

  test('others do not learn that they are there', async () => {
    for (const url of ['trial-balance', 'receivables', 'cash', 'deposits', 'closings']) {
      expect([url, (await get(`${url}?plant=JHDUMK`, 'cluster-in-charge')).statusCode]).toEqual([url, 404])
      for (const role of ['customer', 'csa', 'technician', 'operator'] as const)
        expect([url, role, (await get(url, role)).statusCode]).toEqual([url, role, 403])
    }
    expect((await get('cash?state=JH', 'cluster-in-charge')).statusCode).toBe(404)
    expect((await get('closings/JHDUMK/2026-07-01', 'cluster-in-charge')).statusCode).toBe(404)
  })
})

describe('a case', () => {
  const post = (caseId: string, act: string, role: Role, key: string) =>
    w.app.inject({
      method: 'POST',
      url: `/v1/cases/${caseId}/${act}`,
      headers: { ...w.as(role), 'idempotency-key': key },
      payload: { text: 'Looked at with the agent.' },
    })

  test('is seen by those whose plant it is, taken in hand once and settled once', async () => {
    const found = {
      rule: 'receivable-open-debts',
      findings: [{ subject: w.sunita.accountId, detail: {} }],
      isCutOff: false,
    } as const
    const at = { plant: PLANT, asOf: '2026-07-02T01:00:00.000Z' }
    await inTransaction(w.database.db, (tx) => keepCases(tx, at, [found]))
    const { items } = await cases('', 'cluster-in-charge')
    expect(items).toMatchObject([{ caseId: 'BHKATS-C1', rule: found.rule, subject: w.sunita.accountId, state: 'open' }])
    expect((await cases('?state=closed', 'cluster-in-charge')).items).toEqual([])
    expect((await post('BHKATS-C1', 'acknowledge', 'cluster-in-charge', 'case-1')).json()).toMatchObject({
      state: 'acknowledged',
    })
    expect((await post('BHKATS-C1', 'acknowledge', 'cluster-in-charge', 'case-2')).json().code).toBe('ALREADY_DECIDED')
    expect((await post('BHKATS-C1', 'close', 'head-office', 'case-3')).json()).toMatchObject({
      state: 'closed',
      closedBy: 'geeta',
    })
    expect((await post('BHKATS-C1', 'close', 'csa', 'case-4')).statusCode).toBe(403)
  })

  test('of another plant is not there', async () => {
    const stranger = { ...w.asStranger('cluster-in-charge'), 'idempotency-key': 'case-5' }
    const reply = await w.app.inject({
      method: 'POST',
      url: '/v1/cases/BHKATS-C1/close',
      headers: stranger,
      payload: { text: 'x' },
    })
    expect([reply.statusCode, (await cases('', 'head-office')).items.length]).toEqual([404, 1])
  })

  const cases = async (query: string, role: Role) =>
    (await w.app.inject({ url: `/v1/cases${query}`, headers: w.as(role) })).json<{ items: unknown[] }>()
})
