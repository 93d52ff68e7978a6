import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Role } from '../../domain/roles.ts'
import type { Db, Tx } from '../client.ts'

/** Who may be logged in: a member of staff or a person who holds accounts. */
export type SessionHolder = { readonly staffLogin: string } | { readonly personId: string }

/** Who asks, with the plants they may see: staff by their scope, a customer by where they are known. */
export type Principal = StaffPrincipal | CustomerPrincipal

export interface StaffPrincipal {
  readonly kind: 'staff'
  /** As it stands in decisions and the audit log: the log-in. */
  readonly actor: string
  readonly login: string
  readonly role: Exclude<Role, 'customer'>
  readonly scope: string
  readonly plants: readonly string[]
}

export interface CustomerPrincipal {
  readonly kind: 'customer'
  /** `customer:{personId}`. */
  readonly actor: string
  readonly personId: string
  readonly role: 'customer'
  readonly plants: readonly string[]
}

/** Opens a session and returns its token, which is kept nowhere: the row holds only its hash. `expiresAt` is technical time. */
export async function createSession(db: Db | Tx, holder: SessionHolder, expiresAt: string): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  await db
    .insertInto('sessions')
    .values({ tokenHash: hashOf(token), expiresAt, ...holder })
    .execute()
  return token
}

/** Whom a token stands for at this wall time (an instant), or undefined: unknown, expired, or staff who left. */
export async function findPrincipal(db: Db | Tx, token: string, at: string): Promise<Principal | undefined> {
  const session = await db
    .selectFrom('sessions')
    .leftJoin('staff', 'staff.login', 'sessions.staffLogin')
    .select(['personId', 'login', 'role', 'scope', 'active'])
    .where('tokenHash', '=', hashOf(token))
    .where('expiresAt', '>', at)
    .executeTakeFirst()
  if (session === undefined) return undefined
  if (session.personId !== null) return customer(db, session.personId)
  if (session.login === null || session.scope === null || session.active !== true) return undefined
  const { login, scope } = session
  return {
    kind: 'staff',
    actor: login,
    login,
    role: session.role as StaffPrincipal['role'],
    scope,
    plants: await plantsInScope(db, scope),
  }
}

/** Ends a session; ending it again changes nothing. Expired ones are swept on the way. */
export async function endSession(db: Db | Tx, token: string, at: string): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where((eb) => eb.or([eb('tokenHash', '=', hashOf(token)), eb('expiresAt', '<', at)]))
    .execute()
}

/** The plants a scope covers: a plant code, `cluster:<name>`, `state:<code>` or `*`; in alphabetical order. */
export async function plantsInScope(db: Db | Tx, scope: string): Promise<string[]> {
  const rows = await db
    .selectFrom('plants')
    .select('plant')
    .where(sql<boolean>`${scope} in ('*', plant, 'cluster:' || cluster, 'state:' || state)`)
    .orderBy('plant')
    .execute()
  return rows.map((row) => row.plant)
}

/** Plants of the accounts, and the one where the person is known: who has no account yet applies there (manual 2.2.2, step 3). */
async function customer(db: Db | Tx, personId: string): Promise<CustomerPrincipal> {
  const rows = await db
    .selectFrom('accounts')
    .select('plant')
    .where('personId', '=', personId)
    .union(db.selectFrom('persons').select('plant').where('personId', '=', personId))
    .orderBy('plant')
    .execute()
  return { kind: 'customer', actor: `customer:${personId}`, personId, role: 'customer', plants: rows.map((row) => row.plant) }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
