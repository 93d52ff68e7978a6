import type { TObject } from '@fastify/type-provider-typebox'
import {
  listBills,
  listCharges,
  listNotices,
  listPayments,
  listPostings,
  listReadings,
  type Older,
} from '../../db/queries/account-history.ts'
import { listNotes } from '../../db/queries/notes.ts'
import type { VisibleAccount } from '../../db/queries/visibility.ts'
import { Note } from '../correction-schemas.ts'
import { Bill, Charge, Notice, Payment, PostingRow, Reading } from '../account-schemas.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import type { Action } from '../permissions.ts'
import { AccountId, Closed, Page, paging } from '../schemas.ts'
import { visibleAccount } from '../visible.ts'

interface AccountList<T extends Record<string, unknown>> {
  readonly action: Action
  readonly summary: string
  readonly item: TObject
  readonly read: (account: VisibleAccount, older: Older) => Promise<T[]>
  readonly keyOf: (row: T) => number
}

/** What belongs to an account, each as a list of its own, newest first. */
export function accountListRoutes(app: Api, { db }: ApiDeps): void {
  const add = listAdder(app, db)
  add('charges', {
    action: 'accounts.read-money',
    summary: 'Charges with what is open of each',
    item: Charge,
    read: ({ accountId }, older) => listCharges(db, accountId, older),
    keyOf: ({ chargeId }) => chargeId,
  })
  add('bills', {
    action: 'accounts.read-money',
    summary: 'Bills',
    item: Bill,
    read: ({ accountId }, older) => listBills(db, accountId, older),
    keyOf: ({ billId }) => billId,
  })
  add('payments', {
    action: 'accounts.read-money',
    summary: 'Payments and what each was put against',
    item: Payment,
    read: ({ accountId }, older) => listPayments(db, accountId, older),
    keyOf: ({ paymentId }) => paymentId,
  })
  add('notes', {
    action: 'accounts.read-money',
    summary: 'Credit and debit notes, and debts given up',
    item: Note,
    read: ({ accountId }, older) => listNotes(db, accountId, older),
    keyOf: ({ noteId }) => noteId,
  })
  add('postings', {
    action: 'accounts.read-money',
    summary: 'Postings of the ledger',
    item: PostingRow,
    read: ({ accountId }, older) => listPostings(db, accountId, older),
    keyOf: ({ postingId }) => postingId,
  })
  add('readings', {
    action: 'accounts.read',
    summary: 'Readings',
    item: Reading,
    read: async ({ customerId }, older) => (customerId === null ? [] : listReadings(db, customerId, older)),
    keyOf: ({ readingId }) => readingId,
  })
  add('notices', {
    action: 'accounts.read-notices',
    summary: 'Notices and receipts as they were sent',
    item: Notice,
    read: ({ accountId }, older) => listNotices(db, accountId, older),
    keyOf: ({ notificationId }) => notificationId,
  })
}

function listAdder(app: Api, db: ApiDeps['db']) {
  const params = Closed({ accountId: AccountId })
  return <T extends Record<string, unknown>>(name: string, { action, summary, item, read, keyOf }: AccountList<T>): void => {
    app.get(
      `/v1/accounts/:accountId/${name}`,
      {
        config: { action },
        schema: { tags: ['Accounts'], summary, params, querystring: Closed(paging), response: { 200: Page(item) } },
      },
      async (request) => {
        const { limit, after: before } = numberedPageAsked(request.query)
        const account = await visibleAccount(db, request, request.params)
        return pageOf(await read(account, { limit: limit + 1, before }), limit, keyOf)
      },
    )
  }
}
