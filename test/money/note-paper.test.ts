import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { makeNote, type NoteAsked } from '../../activities/make-note.ts'
import { withAccount } from '../../db/queries/accounts.ts'
import { allocateCredit } from '../../db/queries/charges.ts'
import { readNote } from '../../db/queries/papers/notes.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { billJuly } from '../support/corrections.ts'
import { expectBooksInBalance } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant, ZONE } from '../support/village.ts'

const AT = '2026-08-05T06:00:00.000Z'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
  await seedPlant(database.db, { wallFrom: AT, startsAt: AT, policy: KATSA_POLICY_V1 })
})
afterAll(() => database.close())

async function noteOn({ accountId }: ConnectedCustomer, asked: Pick<NoteAsked, 'kind' | 'chargeId' | 'amountMinor' | 'lines'>) {
  const plant = await readPlant(database.db, PLANT, AT)
  return withAccount(database.db, accountId, async (tx, account) => {
    const by = { reason: 'wrong-reading', source: `test:${asked.kind}`, madeBy: 'asha', approvedBy: 'deepa' }
    const { number } = await makeNote(tx, { account, plant, asOf: AT }, { ...asked, ...by })
    await allocateCredit(tx, { account, asOf: AT, zone: ZONE })
    return number
  })
}

test('the paper of a note says which bill and lines it corrects, what stood there before, and who approved it (billing.md rule 13)', async () => {
  const { db } = database
  const customer = await connectCustomer(db)
  const { billNumber, chargeId } = await billJuly(db, customer, { at: AT })
  const onEnergy = (amountMinor: number) => ({ chargeId, amountMinor, lines: [{ line: 2, amountMinor }] })
  const credit = await noteOn(customer, { kind: 'credit', ...onEnergy(9_000) })
  const debit = await noteOn(customer, { kind: 'debit', ...onEnergy(1_500) })
  const writtenOff = await noteOn(customer, { kind: 'write-off', chargeId, amountMinor: 37_400 })

  const { accountId } = customer
  const ofJuly = { billNumber, chargeKind: 'electricity', periodFrom: '2026-07-01', reason: 'wrong-reading', issuedAt: AT }
  const said = { ...ofJuly, approvedBy: 'Deepa Singh', notice: null }
  expect(await readNote(db, accountId, credit)).toEqual({
    ...said,
    number: credit,
    direction: 'credit',
    amountMinor: 9_000,
    beforeMinor: 46_400,
    lines: [{ kind: 'energy', amountMinor: 9_000 }],
  })
  // 464.00 − 90.00
  expect(await readNote(db, accountId, debit)).toEqual({
    ...said,
    number: debit,
    direction: 'debit',
    amountMinor: 1_500,
    beforeMinor: 37_400,
    lines: [{ kind: 'energy', amountMinor: 1_500 }],
  })
  // A debt that is given up is no paper of the customer's; nor is a note somebody else's.
  expect(await readNote(db, accountId, writtenOff)).toBeUndefined()
  expect(await readNote(db, (await connectCustomer(db)).accountId, credit)).toBeUndefined()
  await expectBooksInBalance(db)
})
