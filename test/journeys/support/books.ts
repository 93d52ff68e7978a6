import { expect } from '@jest/globals'
import type { Db } from '../../../db/client.ts'
import { expectBooksInBalance } from '../../support/balanced-books.ts'
import type { Person } from './people.ts'
import type { AccountPage, TrialBalance } from './views.ts'

/** What a story expects of a plant's books. */
export interface ExpectedBooks {
  readonly plant: string
  /** The database behind it: the books are held against its charges and allocations too. */
  readonly db: Db
  /** The only account there is. */
  readonly accountId: string
  /**
   * Every ledger account that is not zero, as a balance on the side its class grows on. The household's own are named without its
   * id (`deposit`), the plant's without its code (`revenue:CHG`).
   */
  readonly expected: Readonly<Record<string, number>>
}

const GROW_BY_DEBIT = ['asset', 'expense']

/** Every account is what was worked out by hand, and what charges and allocations say, and the customer's own page says the same. */
export async function expectBooks(reader: Person, { plant, db, accountId, expected }: ExpectedBooks): Promise<void> {
  const { items } = await reader.get<TrialBalance>(`/v1/ledger/trial-balance?plant=${plant}`)
  const shortName = (code: string): string => code.replace(`:${accountId}`, '').replace(`:${plant}`, '')
  const balances = items.map((row): [string, number] => {
    const balance = row.debitMinor - row.creditMinor
    return [shortName(row.code), GROW_BY_DEBIT.includes(row.class) ? balance : -balance]
  })
  expect(Object.fromEntries(balances.filter(([, balance]) => balance !== 0))).toEqual(expected)
  await expectBooksInBalance(db)
  const { money } = await reader.get<AccountPage>(`/v1/accounts/${accountId}`)
  expect(money.balances).toEqual({
    owedMinor: expected.receivable ?? 0,
    creditMinor: expected.credit ?? 0,
    depositHeldMinor: expected.deposit ?? 0,
    unearnedMinor: expected.unearned ?? 0,
    activationHeldMinor: expected['activation-held'] ?? 0,
    payingOutMinor: expected['paying-out'] ?? 0,
    unclaimedMinor: expected.unclaimed ?? 0,
  })
}
