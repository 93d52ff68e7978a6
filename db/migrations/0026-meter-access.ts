import { type Kysely, sql } from 'kysely'

/**
 * Which meters the broker is to let in, by which generation of password, and what it has been told. A trigger keeps it, so that no
 * way of moving a meter can forget it: a smart meter that is somebody's may come in, any other may not.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table meter_access (
      serial text primary key references meters,
      plant text not null references plants,
      generation integer not null default 1 check (generation > 0),
      wanted text not null check (wanted in ('allowed', 'revoked')),
      wanted_at timestamptz not null default now(),
      -- What the broker answered to last; null: nothing, or a comparison found it forgotten.
      applied text check (applied in ('allowed', 'revoked')),
      applied_generation integer,
      applied_at timestamptz,
      check ((applied is null) = (applied_at is null) and (applied is null) = (applied_generation is null))
    );
    create index meter_access_pending on meter_access (serial)
      where applied is distinct from wanted or applied_generation is distinct from generation;

    create function keep_meter_access() returns trigger language plpgsql as $$
    begin
      if new.kind = 'smart' and new.account_id is not null then
        insert into meter_access (serial, plant, wanted) values (new.serial, new.plant, 'allowed')
        on conflict (serial) do update
          set wanted = 'allowed', plant = excluded.plant, generation = meter_access.generation + 1, wanted_at = now()
          where meter_access.wanted = 'revoked' or meter_access.plant <> excluded.plant
            or old.account_id is distinct from new.account_id;
      else
        update meter_access set wanted = 'revoked', wanted_at = now() where serial = new.serial and wanted = 'allowed';
      end if;
      if found then perform pg_notify('meter_access', ''); end if;
      return null;
    end $$;
    create trigger meters_keep_access after insert or update of state, account_id, plant, kind on meters
      for each row execute function keep_meter_access();

    insert into meter_access (serial, plant, wanted)
      select serial, plant, 'allowed' from meters where kind = 'smart' and account_id is not null;
  `.execute(db)
}
