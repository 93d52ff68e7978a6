import type { Db, Tx } from '../db/client.ts'
import { type LockedAccount, withAccount } from '../db/queries/accounts.ts'
import { recordAudit } from '../db/queries/audit.ts'
import { readCharges } from '../db/queries/charges.ts'
import { nudge } from '../db/queries/outbox.ts'
import { changeVersion, markPaying, toldAndWaiting } from '../db/queries/price-notices.ts'
import { latest } from '../domain/calendar.ts'
import type { PackageTerms } from '../domain/package.ts'
import { priceReaches, priceSettledOn } from '../domain/price-change.ts'
import { processIds } from '../domain/process-ids.ts'
import type { ReleasedPrice } from './price-changes.ts'

/** Changes the terms of whoever's day has come; who was told late pays from a later period. Billing then finds the version by itself. */
export async function settlePrices(db: Db, price: ReleasedPrice, terms: PackageTerms): Promise<void> {
  for (const told of await toldAndWaiting(db, price.change.priceChangeId))
    await withAccount(db, told.accountId, (tx, account) => settle(tx, { price, terms, account, ...told }))
}

interface Told {
  readonly price: ReleasedPrice
  readonly terms: PackageTerms
  readonly account: LockedAccount
  readonly customerId: string
  readonly deliveredAt: string
}

/** Under the account's lock, which billing takes too: either the period was charged before, or it is charged at the new price. */
async function settle(tx: Tx, { price, terms, account, customerId, deliveredAt }: Told): Promise<void> {
  const { change, plant, asOf, today } = price
  const { effectiveFrom, priceChangeId } = change
  const { zone, policy } = plant
  const chargedUntil = await chargedUntilOf(tx, account.accountId)
  const from = priceReaches({ effectiveFrom, deliveredAt, chargedUntil, zone, policy })
  if (today < priceSettledOn({ from, mode: terms.mode, policy })) return
  if (!(await changeVersion(tx, change, { customerId, from }))) return
  await markPaying(tx, { priceChangeId, customerId, from })
  await recordAudit(tx, {
    actor: processIds.priceChange(priceChangeId),
    action: 'price-changed',
    subject: customerId,
    plant: plant.plant,
    after: { package: terms.code, version: terms.version, from },
    businessAt: asOf,
  })
  await nudge(tx, `account:${account.accountId}`, `connection:${customerId}`)
}

/** The day after the last period that was charged, in advance or after it; void advances do not count. */
async function chargedUntilOf(tx: Tx, accountId: string): Promise<string | undefined> {
  const charged = (await readCharges(tx, accountId)).filter(({ kind, voidedAt }) => kind === 'electricity' && voidedAt === null)
  const [first, ...rest] = charged.flatMap(({ periodTo }) => periodTo ?? [])
  return first === undefined ? undefined : latest(first, ...rest)
}
