import { expect } from '@jest/globals'
import type { Person } from './people.ts'
import type { AccountPage, TrialBalance } from './views.ts'

/** What a story expects of a plant's books. */
export interface ExpectedBooks {
  readonly plant: string
  /** The only account there is. */
  readonly accountId: string
  /**
   * Every ledger account that is not zero, as a balance on the side its class grows on. The household's own are named without its
   * id (`deposit`), the plant's without its code (`revenue:CHG`).
   */
  readonly expected: Readonly<Record<string, number>>
}

const GROW_BY_DEBIT = ['asset', 'expense']

/** The trial balance is zero, every account in it is what was worked out by hand, and the customer's own page says the same. */
export async function expectBooks(reader: Person, { plant, accountId, expected }: ExpectedBooks): Promise<void> {
  const { debitMinor, creditMinor, items } = await reader.get<TrialBalance>(`/v1/ledger/trial-balance?plant=${plant}`)
  expect(debitMinor - creditMinor).toBe(0)
  const shortName = (code: string): string => code.replace(`:${accountId}`, '').replace(`:${plant}`, '')
  const balances = items.map((row): [string, number] => {
    const balance = row.debitMinor - row.creditMinor
    return [shortName(row.code), GROW_BY_DEBIT.includes(row.class) ? balance : -balance]
  })
  expect(Object.fromEntries(balances.filter(([, balance]) => balance !== 0))).toEqual(expected)
  const { money } = await reader.get<AccountPage>(`/v1/accounts/${accountId}`)
  expect(money.balances).toEqual({
    owedMinor: expected.receivable ?? 0,
    creditMinor: expected.credit ?? 0,
    depositHeldMinor: expected.deposit ?? 0,
    unearnedMinor: expected.unearned ?? 0,
    activationHeldMinor: expected['activation-held'] ?? 0,
  })
}
