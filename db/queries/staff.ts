import { sql } from 'kysely'
import type { Db, Tx } from '../client.ts'

export interface NewStaff {
  readonly login: string
  readonly name: string
  readonly role: string
  readonly scope: string
  readonly passwordHash: string
}

/** Adds a member of staff; one who is there already keeps what stands. */
export async function insertStaff(db: Db | Tx, staff: NewStaff): Promise<void> {
  await db
    .insertInto('staff')
    .values(staff)
    .onConflict((c) => c.column('login').doNothing())
    .execute()
}

/** The password hash of an active member of staff. */
export async function findStaffPassword(db: Db | Tx, login: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('staff')
    .select('passwordHash')
    .where('login', '=', login)
    .where('active', '=', true)
    .executeTakeFirst()
  return row?.passwordHash
}

/** Sets what a person logs in with. */
export async function setPersonPassword(db: Db | Tx, personId: string, passwordHash: string): Promise<void> {
  await db.updateTable('persons').set({ passwordHash }).where('personId', '=', personId).execute()
}

export interface PersonPassword {
  readonly personId: string
  readonly passwordHash: string
}

/** The person who holds this account or connection and has a password. */
export async function findHolderPassword(
  db: Db | Tx,
  key: { customerId: string } | { accountId: string },
): Promise<PersonPassword[]> {
  const persons = withPassword(db)
  const found =
    'customerId' in key ? persons.where('customerId', '=', key.customerId) : persons.where('accountId', '=', key.accountId)
  return found.execute()
}

/**
 * Everyone who gave this phone and has a password: a phone may be shared. At most ten, who has a connection before who only asked
 * for one: anybody may ask with anybody's phone, and must not push its holder out.
 */
export async function findPhonePasswords(db: Db | Tx, phone: string): Promise<PersonPassword[]> {
  return withPassword(db)
    .where('phone', '=', phone)
    .orderBy(
      (eb) => eb.fn.max('accounts.customerId'),
      (order) => order.asc().nullsLast(),
    )
    .orderBy('persons.personId')
    .limit(10)
    .execute()
}

/** Also who holds no account yet: who has the app may apply there. */
function withPassword(db: Db | Tx) {
  return db
    .selectFrom('persons')
    .leftJoin('accounts', 'accounts.personId', 'persons.personId')
    .select(['persons.personId', sql<string>`password_hash`.as('passwordHash')])
    .groupBy(['persons.personId', 'passwordHash'])
    .where('passwordHash', 'is not', null)
}

/** Account and customer ids that these persons hold, open ones only. */
export async function heldAccounts(
  db: Db | Tx,
  personIds: readonly string[],
): Promise<{ accountId: string; customerId: string | null }[]> {
  if (personIds.length === 0) return []
  return db
    .selectFrom('accounts')
    .select(['accountId', 'customerId'])
    .where('personId', 'in', personIds)
    .where('closedAt', 'is', null)
    .orderBy('accountId')
    .execute()
}

export interface StaffMember {
  readonly login: string
  readonly name: string
  readonly role: string
  readonly scope: string
  readonly active: boolean
}

/** Staff whose scope covers one of these plants, by log-in; `after` is the last log-in of the page before. */
export async function listStaff(
  db: Db | Tx,
  plants: readonly string[],
  { after, limit }: { after?: string; limit: number },
): Promise<StaffMember[]> {
  if (plants.length === 0) return []
  let staff = db
    .selectFrom('staff')
    .select(['login', 'name', 'role', 'scope', 'active'])
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('plants')
          .select('plant')
          .where('plant', 'in', plants)
          .where(sql<boolean>`scope in ('*', plant, 'cluster:' || cluster, 'state:' || state)`),
      ),
    )
    .orderBy('login')
    .limit(limit)
  if (after !== undefined) staff = staff.where('login', '>', after)
  return staff.execute()
}

/** True when someone of that log-in works there now: active, and the plant is in their scope. */
export async function isStaffAt(db: Db | Tx, plant: string, login: string): Promise<boolean> {
  const row = await db
    .selectFrom('staff')
    .innerJoin('plants', (join) => join.on('plant', '=', plant))
    .select('login')
    .where('login', '=', login)
    .where('active', '=', true)
    .where(sql<boolean>`scope in ('*', plant, 'cluster:' || cluster, 'state:' || state)`)
    .executeTakeFirst()
  return row !== undefined
}
