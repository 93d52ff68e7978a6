import { withAccount } from '../../db/queries/accounts.ts'
import { withRefundOwner } from '../../db/queries/refund-owner.ts'
import { triesOf } from '../../db/queries/refund-payments.ts'
import { type CreditRefundAsked, fetchUnclaimed, requestCreditRefund, takeReturned } from '../../db/queries/refund-requests.ts'
import { readRefund } from '../../db/queries/refunds.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { DecisionUpdate } from '../../workflows/decisions.ts'
import { payPayOut } from '../../workflows/pay-out.ts'
import { type ConnectedCustomer, connectCustomer, payInCash } from './connections.ts'
import type { Village } from './village.ts'

/** Who a decision is by, and what it says. */
export interface Said {
  readonly by: string
  readonly detail?: Record<string, unknown>
}

/** What people ask for and do about money that goes out. */
export function payOutDesk(katsa: Village) {
  const { db } = katsa
  const desk = {
    /** Somebody with so much credit, paid in cash. */
    async withCredit(amountMinor: number): Promise<ConnectedCustomer> {
      const customer = await connectCustomer(db)
      const reference = `credit-${customer.accountId}`
      await payInCash(db, { accountId: customer.accountId, amountMinor, at: await katsa.now(), reference })
      await katsa.settle()
      return customer
    },
    /** A CSA asks for credit to be given back in cash, unless said otherwise. Returns the refund's number. */
    async ask({ accountId }: Pick<ConnectedCustomer, 'accountId'>, asked: Partial<CreditRefundAsked> & { amountMinor: number }) {
      const asOf = await katsa.now()
      const whole = { method: 'cash', reason: 'overpaid', requestedBy: 'asha', textId: null, ...asked } as const
      const { refundId } = await withAccount(db, accountId, (tx, account) => requestCreditRefund(tx, { account, asOf }, whole))
      await katsa.settle()
      return refundId
    },
    async decide(refundId: number, update: DecisionUpdate, { by, detail }: Said) {
      const args: [{ by: string; detail?: never }] = [{ by, ...(detail && { detail: detail as never }) }]
      const run = katsa.temporal.client.workflow.getHandle(processIds.payOut(refundId))
      const answer = await run.executeUpdate(update, { args })
      await katsa.settle()
      return answer
    },
    /** By UPI with that reference. */
    send: (
      refundId: number,
      by: string,
      detail: { amountMinor: number; reference: string; isUnknown?: boolean; provider?: string },
    ) => desk.decide(refundId, payPayOut, { by, detail: { method: 'upi', ...detail } }),
    /** Who did not fetch it comes, and wants it in cash. */
    async fetch(refundId: number): Promise<void> {
      const asOf = await katsa.now()
      await withRefundOwner(db, refundId, (tx, account) => fetchUnclaimed(tx, { account, asOf }, { refundId, method: 'cash' }))
      await katsa.settle()
    },
    /** Head office says that its transfer came back. */
    async comesBack(refundId: number, proof: string): Promise<void> {
      const asOf = await katsa.now()
      await withRefundOwner(db, refundId, (tx, account) => takeReturned(tx, { account, asOf }, { refundId, by: 'geeta', proof }))
      await katsa.settle()
    },
    process: (refundId: number) => katsa.process(processIds.payOut(refundId)),
    refund: (refundId: number) => readRefund(db, refundId),
    tries: (refundId: number) => triesOf(db, refundId),
    /** Kinds of what the customer was told of refunds, oldest first. */
    async toldOf({ accountId }: Pick<ConnectedCustomer, 'accountId'>): Promise<string[]> {
      const rows = db
        .selectFrom('notifications')
        .select('kind')
        .where('accountId', '=', accountId)
        .where('kind', 'like', '%refund%')
      return (await rows.orderBy('notificationId').execute()).map(({ kind }) => kind)
    },
  }
  return desk
}
