import { sql } from 'kysely'
import type { Db, Tx } from '../client.ts'

/**
 * Claims a plant's round of a business day: true for one caller a day. What the round does belongs into the same transaction,
 * so that a round that failed was not made.
 */
export async function claimRound(tx: Tx, { plant, round, on }: { plant: string; round: string; on: string }): Promise<boolean> {
  const claimed = await tx
    .insertInto('dailyRounds')
    .values({ plant, round, madeOn: on })
    .onConflict((c) => c.columns(['plant', 'round']).doUpdateSet({ madeOn: on }).where('dailyRounds.madeOn', '<', on))
    .returning('plant')
    .executeTakeFirst()
  return claimed !== undefined
}

/** The plants that have a clock, and so a today. */
export async function plantsWithClock(db: Db): Promise<{ plant: string; zone: string }[]> {
  return db
    .selectFrom('plants')
    .select(['plant', 'timeZone as zone'])
    .where((eb) => eb.exists(eb.selectFrom('clockSegments').select('plant').whereRef('clockSegments.plant', '=', 'plants.plant')))
    .orderBy('plant')
    .execute()
}

/** A page, by customer ID, of the connections that owe something past its due date and that nobody chases. */
export async function unchasedDebtors(
  tx: Tx,
  { plant, today, after, limit }: { plant: string; today: string; after: string; limit: number },
): Promise<{ customerId: string; accountId: string }[]> {
  return (
    tx
      .selectFrom('connections')
      .innerJoin('accounts', 'accounts.accountId', 'connections.accountId')
      .select(['connections.customerId', 'connections.accountId'])
      .where('connections.plant', '=', plant)
      .where('connections.customerId', '>', after)
      // Who has left or was banned is settled by the closing.
      .where('leftOn', 'is', null)
      .where('closedAt', 'is', null)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('holds')
              .select('holdId')
              .whereRef('holds.customerId', '=', 'connections.customerId')
              .where('reason', 'in', ['ban', 'closed'])
              .where('liftedAt', 'is', null),
          ),
        ),
      )
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('charges')
            .select('chargeId')
            .whereRef('charges.accountId', '=', 'connections.accountId')
            .where('nature', '=', 'debt')
            .where('dueOn', '<', today)
            .where('voidedAt', 'is', null)
            .where(sql<number>`open_amount(charge_id)`, '>', 0),
        ),
      )
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('processes')
              .select('workflowId')
              .whereRef('processes.customerId', '=', 'connections.customerId')
              .where('workflowType', '=', 'collectDues')
              .where('outcome', 'is', null),
          ),
        ),
      )
      .orderBy('connections.customerId')
      .limit(limit)
      .execute()
  )
}
