import { type Kysely, sql } from 'kysely'

/** Papers as they were drawn up, with the names on them, and the digest of every form that was ever made of one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table papers (
      paper_id text primary key check (starts_with(paper_id, account_id || '.' || kind || '.')),
      plant text not null references plants,
      account_id text not null references accounts,
      kind text not null check (kind in ('receipt', 'bill', 'note', 'deposit-certificate', 'commitments', 'account-statement', 'deposit-statement')),
      -- The number of the bill, receipt, note, statement or certificate; the account for its commitments.
      subject text not null check (subject <> ''),
      language text not null check (language in ('en', 'hi')),
      template_version integer not null check (template_version > 0),
      model jsonb not null,
      made_at timestamptz not null,
      made_by text not null,
      recorded_at timestamptz not null default now(),
      unique (kind, subject, language)
    );
    create index papers_account on papers (account_id, made_at);

    create table paper_renderings (
      paper_id text not null references papers,
      format text not null check (format in ('json', 'pdf', 'png', 'escpos', 'text', 'sms')),
      sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
      recorded_at timestamptz not null default now(),
      primary key (paper_id, format)
    );

    create trigger papers_append_only before update or delete or truncate on papers
      for each statement execute function refuse_change();
    create trigger paper_renderings_append_only before update or delete or truncate on paper_renderings
      for each statement execute function refuse_change();
  `.execute(db)
}
