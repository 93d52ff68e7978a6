import { type Kysely, sql } from 'kysely'

/** When a meter first reported each version that was asked of it: how long a customer who has paid is dark is measured by it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table meter_confirmations (
      serial text not null,
      version bigint not null,
      reported_at timestamptz not null,
      recorded_at timestamptz not null default now(),
      primary key (serial, version),
      foreign key (serial, version) references meter_desired (serial, version)
    );
    create trigger meter_confirmations_append_only before update or delete or truncate on meter_confirmations
      for each statement execute function refuse_change();`.execute(db)
}
