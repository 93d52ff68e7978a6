import { dateAt } from '../../domain/calendar.ts'
import { judgePlan } from '../../domain/payment-plan.ts'
import type { Protection } from '../../domain/protection.ts'
import type { Db, Tx } from '../client.ts'
import { coveredBy, plansOf, promisesOf } from './agreements.ts'

/** What was agreed with the customer and holds off a cut for the debts it covers: an open promise, the next part of a plan. */
export async function agreementProtections(
  db: Db | Tx,
  accountId: string,
  { asOf, zone }: { asOf: string; zone: string },
): Promise<Protection[]> {
  const found: Protection[] = []
  for (const { state, promisedFor, chargeIds } of await promisesOf(db, accountId))
    if (state === 'open') found.push({ kind: 'promise', until: promisedFor, chargeIds })
  for (const { state, parts, chargeIds } of await plansOf(db, accountId)) {
    if (state !== 'agreed') continue
    const standing = judgePlan(parts, await coveredBy(db, { chargeIds, zone }), dateAt(asOf, zone))
    if (standing.state === 'agreed') found.push({ kind: 'plan', nextPartDueOn: standing.next.dueOn, chargeIds })
  }
  return found
}
