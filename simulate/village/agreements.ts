import { sql } from 'kysely'
import { withAccount } from '../../db/queries/accounts.ts'
import { proposePlan, takePromise } from '../../db/queries/agree.ts'
import { readCharges } from '../../db/queries/charges.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { addDays, dateAt } from '../../domain/calendar.ts'
import { mayLeadToCut } from '../../domain/charge.ts'
import { splitByLargestRemainder } from '../../domain/money.ts'
import { randomOf } from '../lives/random.ts'
import { PLANT, type World, ZONE } from '../world.ts'
import type { Workplace } from './tasks.ts'

const TAKER = { by: 'asha', role: 'csa' } as const
const WHO_AGREES: Readonly<Record<string, string>> = { 'cluster-in-charge': 'deepa', 'state-in-charge': 'farid' }
const SELDOM_REFUSED = 0.15

interface Asking {
  readonly world: World
  readonly accountId: string
  readonly at: string
}

/** The household says by when it will have paid all that is open. */
export async function promise({ world: { db }, accountId, at }: Asking, inDays: number): Promise<void> {
  const plant = await readPlant(db, PLANT, at)
  await withAccount(db, accountId, (tx, account) =>
    takePromise(tx, { account, plant, asOf: at, ...TAKER }, addDays(dateAt(at, ZONE), inDays)),
  )
}

/** All that is open, in so many parts. */
export async function askForPlan(
  { world: { db }, accountId, at }: Asking,
  { parts, everyDays }: { parts: number; everyDays: number },
): Promise<void> {
  const plant = await readPlant(db, PLANT, at)
  await withAccount(db, accountId, async (tx, account) => {
    const open = (await readCharges(tx, accountId, { onlyOpen: true })).filter(
      ({ nature, kind }) => nature === 'debt' && mayLeadToCut({ nature, kind }),
    )
    const totalMinor = open.reduce((sum, { openMinor }) => sum + openMinor, 0)
    const amounts = splitByLargestRemainder(
      totalMinor,
      Array.from({ length: parts }, () => 1),
    )
    const dueOn = (part: number): string => addDays(dateAt(at, ZONE), everyDays * (part + 1))
    const asked = amounts.map((amountMinor, part) => ({ amountMinor, dueOn: dueOn(part) }))
    await proposePlan(tx, { account, plant, asOf: at, ...TAKER }, asked)
  })
}

interface Proposed {
  readonly workflowId: string
  readonly accountId: string
  readonly approver: string
  readonly proposedAt: string
}

/** Whose it is to agree does, or seldom does not. */
export async function decidePlans({ world, seed, lifeOf }: Workplace): Promise<void> {
  const { rows } = await sql<Proposed>`
    select p.workflow_id as "workflowId", l.account_id as "accountId", l.approver, l.proposed_at as "proposedAt"
    from payment_plans l join processes p on p.account_id = l.account_id and p.workflow_type = 'collectDues' and p.outcome is null
    where l.state = 'proposed' and p.stage in ('Chasing', 'AwaitingDecision', 'AwaitingMeter') order by l.account_id`.execute(
    world.db,
  )
  for (const { workflowId, accountId, approver, proposedAt } of rows) {
    const isRefused = randomOf(seed, 'plan', lifeOf(accountId)?.life ?? -1, proposedAt).chance(SELDOM_REFUSED)
    await world.decide(workflowId, isRefused ? 'refuse-plan' : 'agree-plan', { by: WHO_AGREES[approver] ?? 'farid' })
  }
}
