import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { isPassword } from '../../api/passwords.ts'
import { readClock } from '../../db/queries/clock.ts'
import { trialBalance } from '../../db/queries/ledger.ts'
import { findStaffPassword } from '../../db/queries/staff.ts'
import type { CsvFile } from '../../import/csv-rows.ts'
import { CUSTOMER_COLUMNS } from '../../import/customers-file.ts'
import { importCustomers } from '../../import/import-customers.ts'
import { newPlant } from '../../import/new-plant.ts'
import type { PlantFile } from '../../import/plant.ts'
import { villageFile } from '../../dev/village/village-files.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { expectBooksInBalance } from '../support/balanced-books.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant } from '../support/village.ts'

const MIDNIGHT = '2026-06-30T18:30:00.000Z' // The 1st of July in Katsa.

let database: TestDatabase

const empty = async (): Promise<TestDatabase> => {
  const fresh = await freshDatabase()
  await seedPlant(fresh.db, { wallFrom: '2026-03-02T09:00:00.000Z', startsAt: MIDNIGHT, policy: KATSA_POLICY_V1 })
  return fresh
}
const count = async (table: string): Promise<number> => {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(database.db)
  return rows[0]?.n ?? 0
}
const counts = async (): Promise<Record<string, number>> => {
  const tables = [
    'persons',
    'accounts',
    'applications',
    'connections',
    'connection_terms',
    'meters',
    'meter_installations',
    'readings',
  ]
  const more = [
    'meter_desired',
    'meter_commands',
    'meter_reported',
    'meter_moves',
    'postings',
    'charges',
    'outbox',
    'number_series',
  ]
  const found = await Promise.all(
    [...tables, ...more].map(async (table): Promise<[string, number]> => [table, await count(table)]),
  )
  return Object.fromEntries(found)
}
const importFile = (file: CsvFile, mode: 'all-or-nothing' | 'keep-good' = 'all-or-nothing') =>
  importCustomers(database.db, { plant: PLANT, file, mode, asOf: MIDNIGHT })

describe('the customers of Katsa', () => {
  beforeAll(async () => {
    database = await empty()
  })
  afterAll(() => database.close())

  test('are taken in whole: 138 connections of 137 people', async () => {
    expect(await importFile(villageFile('katsa-customers.csv'))).toEqual({ taken: 138, unchanged: 0, problems: [] })
    expect(await counts()).toMatchObject({
      persons: 137, // P0006 holds two connections.
      accounts: 138,
      applications: 138,
      connections: 138,
      connection_terms: 138,
      meter_installations: 138,
      readings: 138,
      charges: 9, // Those with old dues.
    })
  })

  test('have their deposits and dues in the books, account by account', async () => {
    const rows = await trialBalance(database.db, PLANT)
    const sum = (prefix: string): number =>
      rows
        .filter(({ code }) => code.startsWith(prefix))
        .reduce((total, { debitMinor, creditMinor }) => total + debitMinor - creditMinor, 0)
    expect(sum('deposit:')).toBe(-5_925_000) // The column deposit_held_minor, added up: 59,250 rupees.
    // 457 + 552 + 512 + 322 + 680 + 471 + 245 + 353 + 584 = 4,176 rupees.
    expect(sum('receivable:')).toBe(417_600)
    // 59,250 less 4,176 rupees, less the 10,000 that the counter began with.
    expect(sum('opening:')).toBe(4_507_400)
    await expectBooksInBalance(database.db)
  })

  test('who owe are chased from the due day of the bill of May', async () => {
    const dues = await database.db.selectFrom('charges').select(['kind', 'dueOn', 'nature']).distinct().execute()
    expect(dues).toEqual([{ kind: 'opening', dueOn: '2026-06-10', nature: 'debt' }])
    const starts = await database.db.selectFrom('outbox').select('workflowId').where('workflowType', '=', 'collectDues').execute()
    expect(starts).toHaveLength(9)
    expect(starts).toContainEqual({ workflowId: 'collection:BHKATS01901' })
  })

  test('have meters that are told what they should be: the smart ones by a command, the others as they were set by hand', async () => {
    // 29 + 17 + 9 + 4 + 1 + 1 = 61 smart meters, 138 − 61 = 77 others.
    expect(await counts()).toMatchObject({ meter_desired: 138, meter_commands: 61, meter_reported: 77 })
    const registers = await database.db
      .selectFrom('meterInstallations')
      .select((eb) => eb.fn.sum<number>('startRegisterWh').as('wh'))
      .executeTakeFirstOrThrow()
    expect(registers.wh).toBe(36_899_187)
  })

  test('leave room on their poles: the next connection on pole 001 is the sixth', async () => {
    const pole = await database.db
      .selectFrom('poles')
      .select('highestConnection')
      .where('pole', '=', '001')
      .executeTakeFirstOrThrow()
    expect(pole.highestConnection).toBe(5)
  })

  test('are not taken in twice', async () => {
    const before = await counts()
    expect(await importFile(villageFile('katsa-customers.csv'))).toEqual({ taken: 0, unchanged: 138, problems: [] })
    expect(await counts()).toEqual(before)
  })

  test('of a file that says something else about them are refused', async () => {
    const text = new TextDecoder().decode(villageFile('katsa-customers.csv').bytes)
    const other = text.replace(',SM100000,835708,95000,', ',SM100000,835709,95001,')
    const { problems, ...rest } = await importFile({ name: 'again.csv', bytes: new TextEncoder().encode(other) })
    expect(rest).toEqual({ taken: 0, unchanged: 137 })
    expect(problems).toEqual([
      { file: 'again.csv', line: 2, column: 'opening_reading_wh', reason: 'was taken in before as 835708' },
      { file: 'again.csv', line: 2, column: 'deposit_held_minor', reason: 'was taken in before as 95000' },
    ])
  })
})

const good = {
  customer_id: 'BHKATS01112',
  person_id: 'X1',
  name: 'Meena Devi',
  name_hi: 'मीना देवी',
  phone: '+915550000001',
  language: 'hi',
  category: 'low-income',
  address: '"Tola 1, Katsa"',
  pole: '011',
  feeder: 'F1',
  package_id: 'B1.1 (FD) / 500 / 50+18u',
  meter_kind: 'smart',
  meter_serial: 'SM777001',
  opening_reading_wh: '1000',
  deposit_held_minor: '45000',
  opening_dues_minor: '0',
  connected_on: '2026-01-05',
}
type Row = Partial<Record<(typeof CUSTOMER_COLUMNS)[number], string>>

/** A file of these rows, each the good one with some cells changed; the first row stands on line 2. */
const file = (...rows: Row[]): CsvFile => {
  const lines = rows.map((row, index) => {
    const own = { customer_id: `BHKATS0111${index + 2}`, person_id: `X${index}`, meter_serial: `SM77700${index}` }
    const cells = { ...good, ...own, ...row }
    return CUSTOMER_COLUMNS.map((column) => cells[column]).join(',')
  })
  return raw([CUSTOMER_COLUMNS.join(','), ...lines].join('\n'))
}
const raw = (text: string): CsvFile => ({ name: 'f.csv', bytes: new TextEncoder().encode(text) })

describe('a malformed row', () => {
  beforeAll(async () => {
    database = await empty()
  })
  afterAll(() => database.close())

  test.each<[string, Row, string, string]>([
    ['another plant', { customer_id: 'BHOTHR01112' }, 'customer_id', 'is not of plant BHKATS'],
    ['an ID of another shape', { customer_id: 'KATSA-11' }, 'customer_id', 'expected plant, pole and connection'],
    ['connection 0', { customer_id: 'BHKATS01100' }, 'customer_id', 'numbered from 1'],
    ['an ID on another pole', { customer_id: 'BHKATS01212' }, 'customer_id', 'says pole 012, the row says 011'],
    ['a pole that is not there', { customer_id: 'BHKATS09912', pole: '099' }, 'pole', 'the plant has no pole 099'],
    ['a feeder that is not there', { feeder: 'F9' }, 'feeder', 'the plant has no feeder "F9"'],
    ['a package nobody offers', { package_id: 'B1.1 (FD) / 500 / 50+19u' }, 'package_id', 'the plant offers no'],
    ['a package of another form', { package_id: 'the small one' }, 'package_id', 'the plant offers no "the small one"'],
    ['a meter that cannot serve it', { meter_kind: 'load_limiter' }, 'meter_kind', 'B1.1 is served by smart or conventional'],
    ['a meter of no kind', { meter_kind: 'sundial' }, 'meter_kind', 'expected smart, conventional, load_limiter'],
    ['a serial with a space', { meter_serial: 'SM 77' }, 'meter_serial', 'expected a serial'],
    ['a serial in the stock', { meter_serial: 'SM900001' }, 'meter_serial', 'is known already, as free'],
    ['a phone without its country', { phone: '9155500000' }, 'phone', 'expected a phone like +915551234567, or nothing'],
    ['a language nobody reads', { language: 'fr' }, 'language', 'expected en, hi'],
    ['no name', { name: '   ' }, 'name', 'is empty'],
    ['a name that is too long', { name: 'x'.repeat(201) }, 'name', 'has 201 characters, at most 200'],
    ['a name of two lines', { name: '"Meena\nDevi"' }, 'name', 'has a line break'],
    ['a name with a hidden mark', { name: 'Meena\u202eDevi' }, 'name', 'has characters that cannot be seen'],
    ['a name with a NUL', { name: 'Meena\0' }, 'name', 'has characters that cannot be seen'],
    ['a byte-order mark inside', { address: 'Tola\ufeff 1' }, 'address', 'has characters that cannot be seen'],
    ['a negative deposit', { deposit_held_minor: '-1' }, 'deposit_held_minor', 'expected a whole number from 0'],
    ['half a paisa', { opening_dues_minor: '10.5' }, 'opening_dues_minor', 'expected a whole number from 0'],
    ['rupees with a comma', { opening_dues_minor: '"1,000"' }, 'opening_dues_minor', 'expected a whole number from 0'],
    ['more money than there is', { deposit_held_minor: '9'.repeat(20) }, 'deposit_held_minor', 'expected a whole number from 0'],
    ['a reading in words', { opening_reading_wh: 'many' }, 'opening_reading_wh', 'expected a whole number from 0'],
    ['an empty reading', { opening_reading_wh: '' }, 'opening_reading_wh', 'is empty'],
    ['a day that does not exist', { connected_on: '2026-02-30' }, 'connected_on', 'expected a date like 2026-07-01'],
    ['a day still to come', { connected_on: '2026-07-02' }, 'connected_on', 'is later than today, 2026-07-01'],
    ['a category with a capital', { category: 'Poor' }, 'category', 'expected low-income, '],
  ])('with %s is told by line and column, and nothing is taken in', async (_name, row, column, reason) => {
    const { problems, taken } = await importFile(file({}, row))
    expect(taken).toBe(0)
    expect(problems[0]).toMatchObject({ file: 'f.csv', line: 3, column })
    expect(problems[0]?.reason).toContain(reason)
    expect(await count('connections')).toBe(0)
  })

  test.each<[string, Row[], string, string]>([
    ['the same customer', [{}, { customer_id: 'BHKATS01112' }], 'customer_id', 'is on line 2 already'],
    ['the same meter', [{}, { meter_serial: 'SM777000' }], 'meter_serial', 'is on line 2 already'],
    [
      'the same person with another name',
      [{}, { person_id: 'X0', name: 'Other' }],
      'name',
      'is another than on line 2 for the same person',
    ],
  ])('with %s as an earlier one is told', async (_name, rows, column, reason) => {
    const { problems } = await importFile(file(...rows))
    expect(problems).toEqual([{ file: 'f.csv', line: 3, column, reason }])
  })

  test('is told with everything that is wrong with it', async () => {
    const { problems } = await importFile(file({ phone: 'x', language: 'x', connected_on: 'x', meter_kind: 'x' }))
    expect(problems.map(({ column }) => column)).toEqual(['meter_kind', 'connected_on', 'phone', 'language'])
  })

  const header = CUSTOMER_COLUMNS.join(',')
  const line = (own: Row = {}): string => CUSTOMER_COLUMNS.map((column) => ({ ...good, ...own })[column]).join(',')
  test.each<[string, string, number, string | null, string]>([
    ['nothing at all', '', 1, null, 'the file is empty'],
    ['no column for phones', header.replace('phone,', ''), 1, 'phone', 'this column is missing'],
    ['two columns for names', `${header},name`, 1, 'name', 'this column is there twice'],
    ['a row that lacks a cell', `${header}\n${line().replace('hi,', '')}`, 2, null, 'expected 17 cells, found 16'],
    ['a quote inside a cell', `${header}\n${line({ name: 'Meena "M" Devi' })}`, 2, null, 'a quote stands inside a cell'],
    [
      'a quote that never closes',
      `${header}\n${line()}\n${line({ connected_on: '"2026-01-05' })}`,
      3,
      null,
      'never closed: nothing from here',
    ],
    ['bytes that are no text', `${header}\n${line({ name: '\ufffd' })}`, 2, 'name', 'is not UTF-8'],
  ])('of a file with %s is told', async (_name, text, at, column, reason) => {
    const { problems } = await importFile(raw(text))
    expect(problems[0]).toMatchObject({ line: at, column })
    expect(problems[0]?.reason).toContain(reason)
    expect(await count('connections')).toBe(0)
  })
})

describe('good rows', () => {
  beforeAll(async () => {
    database = await empty()
  })
  afterAll(() => database.close())

  test('are kept where that is asked for, and their lines are counted over quoted line breaks', async () => {
    const rows: Row[] = [{}, { name: '"Two\nlines"' }, {}, { phone: 'x' }]
    const { problems, taken } = await importFile(file(...rows), 'keep-good')
    expect(taken).toBe(2)
    expect(problems).toMatchObject([
      { line: 3, column: 'name' },
      { line: 6, column: 'phone' },
    ])
    const kept = await database.db.selectFrom('connections').select('customerId').orderBy('customerId').execute()
    expect(kept).toEqual([{ customerId: 'BHKATS01112' }, { customerId: 'BHKATS01114' }])
  })

  test('are taken in from a file with a byte-order mark, CRLF, empty lines and a household without a phone', async () => {
    const text = new TextDecoder().decode(
      file({ customer_id: 'BHKATS01131', meter_serial: 'SM777031', person_id: 'Y1', phone: '' }).bytes,
    )
    const { taken, problems } = await importFile(raw(`\ufeff${text.replaceAll('\n', '\r\n')}\r\n\r\n`))
    expect({ taken, problems }).toEqual({ taken: 1, problems: [] })
  })

  test('get accounts without gaps, of both files', async () => {
    const accounts = await database.db.selectFrom('accounts').select('accountId').orderBy('accountId').execute()
    expect(accounts.map(({ accountId }) => accountId)).toEqual(['BHKATS-A0001', 'BHKATS-A0002', 'BHKATS-A0003'])
  })

  test('of an unknown plant are refused', async () => {
    await expect(
      importCustomers(database.db, { plant: 'BHNONE', file: file({}), mode: 'keep-good', asOf: MIDNIGHT }),
    ).rejects.toThrow('no such plant')
  })
})

describe('a new plant', () => {
  let fresh: TestDatabase
  const katsa = (name: PlantFile): CsvFile => villageFile(`katsa-${name}.csv`)
  const begin = (read = katsa) => newPlant(fresh.db, read, new Date('2026-07-01T03:30:00.000Z'))
  const plants = () => fresh.db.selectFrom('plants').select(['plant', 'sandbox']).execute()
  beforeAll(async () => {
    fresh = await freshDatabase()
  })
  afterAll(() => fresh.close())

  test('of which one file has a mistake is not set up, and the mistake is told', async () => {
    const read = (name: PlantFile): CsvFile =>
      name === 'poles'
        ? { name: 'poles.csv', bytes: new TextEncoder().encode('plant,pole,feeder,lat,lon\nBHKATS,001,F9,,') }
        : katsa(name)
    expect(await begin(read)).toMatchObject({
      plant: undefined,
      isNew: false,
      logIns: [],
      problems: [{ file: 'poles.csv', line: 2, column: 'feeder', reason: 'is not among the feeders' }],
    })
    expect(await plants()).toEqual([])
  })

  test('lives in real time from its first moment, and its staff get passwords that open the door', async () => {
    const { plant, isNew, logIns, problems } = await begin()
    expect({ plant, isNew, problems }).toEqual({ plant: 'BHKATS', isNew: true, problems: [] })
    expect(await plants()).toEqual([{ plant: 'BHKATS', sandbox: false }])
    expect(await readClock(fresh.db, PLANT)).toMatchObject([{ speed: 1, businessFrom: '2026-07-01T03:30:00.000Z' }])
    expect(logIns.map(({ login }) => login)).toContain('deepa')
    const { login, password } = logIns[0] ?? { login: '', password: '' }
    expect(await isPassword(await findStaffPassword(fresh.db, login), password)).toBe(true)
  })

  test('of which the database refuses a row is not there at all, and can be set up at the next try', async () => {
    const other = await freshDatabase()
    try {
      await newPlant(other.db, (name) => katsa(name), new Date('2026-07-01T03:30:00.000Z'))
      // Another plant whose meter stands on Katsa's shelf already.
      const serial = (await other.db.selectFrom('meters').select('serial').orderBy('serial').executeTakeFirstOrThrow()).serial
      const files: Partial<Record<PlantFile, string>> = {
        plant: 'plant,state,name,cluster,time_zone,currency,capacity_w\nBHDUSR,BH,Dusra,East,Asia/Kolkata,INR,1000',
        feeders: 'plant,feeder,capacity_w\nBHDUSR,F1,1000',
        poles: 'plant,pole,feeder,lat,lon\nBHDUSR,001,F1,,',
        staff: 'login,name,role,scope\nravi,Ravi Kumar,csa,BHDUSR',
        stock: `plant,meter_kind,serial,state\nBHDUSR,smart,${serial},free`,
      }
      const read = (name: PlantFile): CsvFile =>
        files[name] === undefined ? katsa(name) : { name: `${name}.csv`, bytes: new TextEncoder().encode(files[name]) }
      await expect(newPlant(other.db, read, new Date('2026-07-01T03:30:00.000Z'))).rejects.toThrow()
      expect(await other.db.selectFrom('plants').select('plant').execute()).toEqual([{ plant: 'BHKATS' }])
      expect(await findStaffPassword(other.db, 'ravi')).toBeUndefined()
    } finally {
      await other.close()
    }
  })

  test('that two people set up at once is set up once', async () => {
    const other = await freshDatabase()
    try {
      const both = await Promise.all([1, 2].map(() => newPlant(other.db, katsa, new Date('2026-07-01T03:30:00.000Z'))))
      expect(both.map(({ isNew }) => isNew).toSorted()).toEqual([false, true])
      const { login, password } = both.flatMap(({ logIns }) => logIns)[0] ?? { login: '', password: '' }
      expect(await isPassword(await findStaffPassword(other.db, login), password)).toBe(true)
    } finally {
      await other.close()
    }
  })

  test('that is there is left as it is, with its passwords', async () => {
    expect(await begin()).toEqual({ plant: 'BHKATS', isNew: false, logIns: [], problems: [] })
    expect(await plants()).toHaveLength(1)
  })
})
