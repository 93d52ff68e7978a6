import type { Static } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { listBills, listCharges, listNotices, listPayments, listReadings } from '../db/queries/account-history.ts'
import { listNotes } from '../db/queries/notes.ts'
import { readBalances, readConnectionPage, readHolder, readMeterPage } from '../db/queries/account-page.ts'
import { ledgerEntries } from '../db/queries/papers/movements.ts'
import { processesOf } from '../db/queries/process-list.ts'
import type { VisibleAccount } from '../db/queries/visibility.ts'
import { accountMovements } from '../domain/movements.ts'
import type { AccountPage } from './account-schemas.ts'
import type { ApiDeps } from './deps.ts'
import { mayAlso } from './principal.ts'
import { showProcess } from './process-view.ts'

/** How much of each list the page shows; the rest is behind /v1/accounts/{accountId}/…. */
const RECENT = 20
const ALL_OPEN = 200

/** Everything about one account on one page. Who has no business with money or letters gets null there. */
export async function readAccountPage(
  { db, config }: ApiDeps,
  request: FastifyRequest,
  account: VisibleAccount,
): Promise<Static<typeof AccountPage>> {
  const { accountId, customerId, plant, currency, closedAt, personId } = account
  const processes = await processesOf(db, { accountId, customerId }, RECENT)
  return {
    account: { accountId, customerId, plant, currency, closedAt },
    holder: await readHolder(db, personId),
    connection: await readConnectionPage(db, customerId),
    meter: await readMeterPage(db, customerId),
    readings: customerId === null ? [] : await listReadings(db, customerId, { limit: RECENT }),
    processes: processes.map((row) => showProcess(config, request, row)),
    money: mayAlso(request, 'accounts.read-money') ? await readMoney(db, accountId) : null,
    notices: mayAlso(request, 'accounts.read-notices') ? await listNotices(db, accountId, { limit: RECENT }) : null,
  }
}

/** Open charges all, and the last of what is settled. */
async function readMoney(db: ApiDeps['db'], accountId: string): Promise<Static<typeof AccountPage>['money']> {
  const open = await listCharges(db, accountId, { limit: ALL_OPEN, onlyOpen: true })
  const recent = await listCharges(db, accountId, { limit: RECENT })
  const charges = [...new Map([...open, ...recent].map((charge) => [charge.chargeId, charge])).values()].sort(
    (a, b) => b.chargeId - a.chargeId,
  )
  return {
    balances: await readBalances(db, accountId),
    movements: accountMovements(accountId, await ledgerEntries(db, accountId))
      .slice(-RECENT)
      .toReversed(),
    charges,
    bills: await listBills(db, accountId, { limit: RECENT }),
    payments: await listPayments(db, accountId, { limit: RECENT }),
    notes: await listNotes(db, accountId, { limit: RECENT }),
  }
}
