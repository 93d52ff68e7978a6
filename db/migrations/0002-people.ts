import { type Kysely, sql } from 'kysely'

/** Who acts: staff, persons, their sessions and proofs; and what they did or wrote. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table staff (
      login text primary key check (login ~ '^[a-z][a-z0-9._-]{1,31}$'),
      name text not null,
      role text not null check (role in ('operator', 'technician', 'csa', 'cluster-in-charge', 'state-in-charge', 'head-office')),
      -- A plant code, 'cluster:<name>', 'state:<code>' or '*'.
      scope text not null check (scope ~ '^([A-Z]{6}|cluster:.+|state:[A-Z]{2}|[*])$'),
      password_hash text not null,
      active boolean not null default true,
      recorded_at timestamptz not null default now()
    );

    create table persons (
      person_id text primary key,
      plant text not null references plants,
      name text not null check (name <> '' and length(name) <= 200),
      name_hi text check (name_hi is null or length(name_hi) between 1 and 200),
      phone text check (phone ~ '^[+][1-9][0-9]{6,14}$'),
      language text not null check (language in ('en', 'hi')),
      password_hash text,
      recorded_at timestamptz not null default now()
    );
    create index persons_phone on persons (phone) where phone is not null;

    -- Identity proofs: never a full number in the clear (policy, "Names and numbers").
    create table identity_proofs (
      person_id text not null references persons,
      kind text not null check (kind <> ''),
      last_four text not null check (last_four ~ '^[0-9A-Za-z]{4}$'),
      sealed bytea not null,
      recorded_by text not null,
      recorded_at timestamptz not null default now(),
      primary key (person_id, kind)
    );

    create table sessions (
      token_hash text primary key,
      staff_login text references staff,
      person_id text references persons,
      expires_at timestamptz not null,
      recorded_at timestamptz not null default now(),
      check (num_nonnulls(staff_login, person_id) = 1)
    );

    -- What people wrote; messages and histories carry only its id.
    create table free_texts (
      text_id bigint generated always as identity primary key,
      body text not null check (length(body) between 1 and 2000),
      written_by text not null,
      recorded_at timestamptz not null default now()
    );

    create table audit_log (
      audit_id bigint generated always as identity primary key,
      actor text not null,
      action text not null,
      subject text not null,
      plant text references plants,
      before jsonb,
      after jsonb,
      business_at timestamptz,
      recorded_at timestamptz not null default now()
    );
    create index audit_log_subject on audit_log (subject, audit_id);
    create trigger audit_log_append_only before update or delete or truncate on audit_log
      for each statement execute function refuse_change();

    create table idempotency_keys (
      actor text not null,
      key text not null check (length(key) between 1 and 200),
      fingerprint text not null,
      status integer,
      body jsonb,
      recorded_at timestamptz not null default now(),
      primary key (actor, key)
    );
  `.execute(db)
}
