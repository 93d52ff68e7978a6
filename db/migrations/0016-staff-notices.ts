import { type Kysely, sql } from 'kysely'

/** A notice to a member of staff is read by them, and they say that they have seen it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table notifications add column acknowledged_at timestamptz;
    alter table notifications add constraint notifications_acknowledged check (acknowledged_at is null or staff_login is not null);
    create index notifications_staff on notifications (staff_login, notification_id) where staff_login is not null;
  `.execute(db)
}
