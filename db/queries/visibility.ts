import type { Db, Tx } from '../client.ts'
import type { Principal } from './sessions.ts'

/** An account as far as it takes to say whose it is. */
export interface VisibleAccount {
  readonly accountId: string
  readonly customerId: string | null
  readonly plant: string
  readonly personId: string
  readonly currency: string
  readonly closedAt: string | null
}

export type AccountKey = { readonly accountId: string } | { readonly customerId: string }

const ACCOUNT_COLUMNS = ['accountId', 'customerId', 'plant', 'personId', 'currency', 'closedAt'] as const

/** The account, if this principal may see it: staff those of their plants, a customer their own. */
export async function findVisibleAccount(db: Db | Tx, who: Principal, key: AccountKey): Promise<VisibleAccount | undefined> {
  const accounts = db.selectFrom('accounts').select(ACCOUNT_COLUMNS)
  const found =
    'accountId' in key ? accounts.where('accountId', '=', key.accountId) : accounts.where('customerId', '=', key.customerId)
  const account = await found.executeTakeFirst()
  return account !== undefined && maySee(who, account) ? account : undefined
}

/** Accounts this customer holds, oldest first. */
export async function accountsOf(db: Db | Tx, personId: string): Promise<VisibleAccount[]> {
  return db.selectFrom('accounts').select(ACCOUNT_COLUMNS).where('personId', '=', personId).orderBy('accountId').execute()
}

/** True when the account lies in the principal's scope or is their own. */
export function maySee(who: Principal, account: { readonly plant: string; readonly personId: string }): boolean {
  return who.kind === 'staff' ? who.plants.includes(account.plant) : who.personId === account.personId
}

/** Somebody known at the plant: registered there, or holding an account of it. */
export async function findPersonAt(db: Db | Tx, plant: string, personId: string): Promise<{ personId: string } | undefined> {
  return db
    .selectFrom('persons')
    .select('personId')
    .where('personId', '=', personId)
    .where((eb) =>
      eb.or([
        eb('plant', '=', plant),
        eb.exists(
          eb
            .selectFrom('accounts')
            .select('accountId')
            .whereRef('accounts.personId', '=', 'persons.personId')
            .where('accounts.plant', '=', plant),
        ),
      ]),
    )
    .executeTakeFirst()
}
