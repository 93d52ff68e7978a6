import type { PlantPolicy } from '../../../domain/policy.ts'
import type { PaperHead } from '../../../papers/models/head.ts'
import type { Db, Tx } from '../../client.ts'
import { readPlant } from '../plants.ts'

/** When a household applied; undefined where the account came another way. */
export async function readAppliedAt(db: Db | Tx, accountId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('applications')
    .select('appliedAt')
    .where('applicationId', '=', accountId)
    .where('origin', '<>', 'import')
    .executeTakeFirst()
  return row?.appliedAt
}

/** Whose paper it is, and the plant's policy in force on that day. */
export async function readPaperHead(
  db: Db | Tx,
  { accountId, on }: { accountId: string; on: string },
): Promise<{ head: PaperHead; policy: PlantPolicy }> {
  const row = await db
    .selectFrom('accounts')
    .innerJoin('persons', 'persons.personId', 'accounts.personId')
    .innerJoin('plants', 'plants.plant', 'accounts.plant')
    .select(['accounts.plant', 'plants.name as plantName', 'timeZone', 'accounts.currency', 'accountId', 'customerId'])
    .select(['persons.name', 'nameHi'])
    .where('accountId', '=', accountId)
    .executeTakeFirstOrThrow()
  const { policy } = await readPlant(db, row.plant, on)
  const { name, nameHi, timeZone: zone, ...rest } = row
  return { head: { ...rest, zone, holder: { name, nameHi }, supplier: policy.papers }, policy }
}
