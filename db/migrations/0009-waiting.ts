import { type Kysely, sql } from 'kysely'

/** Whom exactly a process waits for, since when, and how often people were reminded of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table processes
      -- The person who has it, where the role is not enough.
      add column assigned_to text references staff,
      -- What is waited for: the stage, and which of several things in it. A new one is reminded of from its own beginning.
      add column waiting_matter text,
      add column waiting_since timestamptz,
      add column chased integer not null default 0;
    create index processes_assignee on processes (assigned_to) where outcome is null;
  `.execute(db)
}
