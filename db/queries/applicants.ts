import { sql } from 'kysely'
import type { Db, Tx } from '../client.ts'

/** The person behind an application, for those who may see it. */
export async function readApplicant(
  db: Db | Tx,
  applicationId: string,
): Promise<{
  personId: string
  name: string
  nameHi: string | null
  phone: string | null
  language: string
  category: string
  address: string
}> {
  return db
    .selectFrom('applications')
    .innerJoin('accounts', 'accounts.accountId', 'applications.applicationId')
    .innerJoin('persons', 'persons.personId', 'accounts.personId')
    .select(['persons.personId', 'name', 'nameHi', 'phone', 'language', 'category', 'address'])
    .where('applicationId', '=', applicationId)
    .executeTakeFirstOrThrow()
}

export interface IdentityProof {
  readonly personId: string
  readonly kind: string
  readonly lastFour: string
  /** The number, sealed; nobody below the edge can read it. */
  readonly sealed: Buffer
  readonly recordedBy: string
}

/** Keeps a proof; shown again, the person's proof of that kind is the newer one. */
export async function saveIdentityProof(db: Db | Tx, { personId, kind, ...proof }: IdentityProof): Promise<void> {
  await db
    .insertInto('identityProofs')
    .values({ personId, kind, ...proof })
    .onConflict((c) => c.columns(['personId', 'kind']).doUpdateSet({ ...proof, recordedAt: sql`now()` }))
    .execute()
}

/** Kinds and last fours of a person's proofs. */
export async function identityProofsOf(db: Db | Tx, personId: string): Promise<{ kind: string; lastFour: string }[]> {
  return db.selectFrom('identityProofs').select(['kind', 'lastFour']).where('personId', '=', personId).orderBy('kind').execute()
}
