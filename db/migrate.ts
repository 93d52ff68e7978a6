import { type Kysely, sql } from 'kysely'
import { Migrator } from 'kysely'
import { APP_ROLE, createDatabase } from './client.ts'
import { applyGrants } from './grants.ts'
import { migrations } from './migrations/index.ts'

/**
 * Brings the database at `ownerUrl` to the newest schema and gives the application's role its grants; safe to repeat and to
 * run twice at once (the migrator holds a lock). Returns the names applied now. Throws the first migration's error.
 */
export async function migrateToLatest(ownerUrl: string): Promise<string[]> {
  const db = createDatabase(ownerUrl, { asOwner: true, poolSize: 2 }) as unknown as Kysely<unknown>
  try {
    await ensureAppRole(db)
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } })
    const { error, results } = await migrator.migrateToLatest()
    if (error !== undefined) throw error instanceof Error ? error : new Error('the migration failed', { cause: error })
    await applyGrants(db)
    return (results ?? []).map((result) => result.migrationName)
  } finally {
    await db.destroy()
  }
}

async function ensureAppRole(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not exists (select 1 from pg_roles where rolname = ${sql.lit(APP_ROLE)}) then
        create role ${sql.raw(APP_ROLE)} nologin;
      end if;
    exception when duplicate_object or unique_violation then null;
    end $$`.execute(db)
  await sql`
    do $$ begin
      if not pg_has_role(current_user, ${sql.lit(APP_ROLE)}, 'member') then
        execute format('grant ${sql.raw(APP_ROLE)} to %I', current_user);
      end if;
    end $$`.execute(db)
}
