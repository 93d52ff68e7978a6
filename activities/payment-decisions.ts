import type { Db } from '../db/client.ts'
import { inTransaction, withAccounts } from '../db/queries/accounts.ts'
import { closeBounceReport, openBounceReport } from '../db/queries/bounce-reports.ts'
import { acceptNotice, noticesOf, type PaymentKey } from '../db/queries/payment-notices.ts'
import { findPayment, lockPayment } from '../db/queries/payments.ts'
import { readPlant } from '../db/queries/plants.ts'
import { readDecision } from '../db/queries/processes.ts'
import { DomainError } from '../domain/errors.ts'
import { bounceStep, DOUBT_STEP } from '../domain/payment.ts'
import { processIds } from '../domain/process-ids.ts'
import { carryOutBounce } from './bounce-payment.ts'

type At = PaymentKey & { readonly asOf: string }

/** What head office decided about a payment, carried out. */
export function createPaymentDecisionActivities({ db }: { db: Db }) {
  return {
    /**
     * What head office decided of a payment in doubt is one more notice, with its proof: it takes the same path as a provider's word
     * (billing.md rules 16 and 17). Doing it again changes nothing.
     */
    settleDoubt: ({ asOf, ...key }: At): Promise<void> =>
      inTransaction(db, async (tx) => {
        const decided = await readDecision(tx, processIds.payment(key.provider, key.reference), DOUBT_STEP)
        const payment = await lockPayment(tx, key)
        const [first] = await noticesOf(tx, key)
        if (decided === undefined || first === undefined) return
        if (payment?.state !== 'pending' && payment?.state !== 'unknown') return
        const said = {
          ...first.said,
          status: decided.verdict === 'posted' ? 'confirmed' : 'failed',
          decidedBy: decided.decidedBy,
          proof: typeof decided.detail?.proof === 'string' ? decided.detail.proof : '',
        } as const
        const { isNew } = await acceptNotice(tx, { ...key, plant: first.plant, said, asOf })
        if (!isNew) throw new DomainError('WRONG_STAGE', 'The very same was told before, and did not settle it')
      }),

    /** The report of a bounce is confirmed and carried out, or dismissed. Doing it again changes nothing. */
    settleBounceReport: async ({ asOf, ...key }: At): Promise<void> => {
      const owner = (await findPayment(db, key))?.accountId ?? undefined
      await withAccounts(db, owner === undefined ? [] : [owner], async (tx, [account]) => {
        const payment = await lockPayment(tx, key)
        const report = payment && (await openBounceReport(tx, payment.paymentId))
        if (payment === undefined || report === undefined) return
        const decided = await readDecision(tx, processIds.payment(key.provider, key.reference), bounceStep(report.reportId))
        if (decided === undefined) return
        const isConfirmed = decided.verdict === 'confirmed'
        if (isConfirmed) {
          const plant = await readPlant(tx, payment.plant, asOf)
          await carryOutBounce(tx, { payment, reason: report.reason, owner: account, plant, asOf })
        }
        await closeBounceReport(tx, payment.paymentId, { verdict: isConfirmed ? 'confirmed' : 'dismissed', asOf })
      })
    },
  }
}
