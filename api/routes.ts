import type { Api, ApiDeps } from './deps.ts'
import { accountListRoutes } from './routes/account-lists.ts'
import { accountRoutes } from './routes/accounts.ts'
import { agreementRoutes } from './routes/agreements.ts'
import { applicationDecisionRoutes } from './routes/application-decisions.ts'
import { applicationRoutes } from './routes/applications.ts'
import { auditRoutes } from './routes/audit.ts'
import { billRecordRoutes } from './routes/bill-records.ts'
import { correctionRoutes } from './routes/corrections.ts'
import { disputeRoutes } from './routes/disputes.ts'
import { billRoutes } from './routes/bills.ts'
import { bookClosingRoutes } from './routes/book-closings.ts'
import { booksRoutes } from './routes/books.ts'
import { billingRoutes } from './routes/billing.ts'
import { bankStatementRoutes } from './routes/bank-statements.ts'
import { cashDepositRoutes } from './routes/cash-deposits.ts'
import { cashFloatRoutes } from './routes/cash-floats.ts'
import { cashHandoverRoutes } from './routes/cash-handovers.ts'
import { cashRepaymentRoutes } from './routes/cash-repayments.ts'
import { cashRoutes } from './routes/cash.ts'
import { caseRoutes, reconciliationRoutes } from './routes/cases.ts'
import { closureDecisionRoutes } from './routes/closure-decisions.ts'
import { closureRoutes } from './routes/closures.ts'
import { collectionRoutes } from './routes/collections.ts'
import { customerRoutes } from './routes/customers.ts'
import { depositStatementRoutes } from './routes/deposit-statements.ts'
import { depositWaiverRoutes } from './routes/deposit-waivers.ts'
import { ledgerRoutes } from './routes/ledger.ts'
import { meterStateRoutes } from './routes/meter-states.ts'
import { meterAccessRoutes } from './routes/meter-access.ts'
import { packageChangeRoutes } from './routes/package-changes.ts'
import { paperRoutes } from './routes/papers.ts'
import { paymentNoticeRoutes } from './routes/payment-notices.ts'
import { paymentDecisionRoutes } from './routes/payment-decisions.ts'
import { paymentOpenItemRoutes } from './routes/payment-open-items.ts'
import { paymentRoutes } from './routes/payments.ts'
import { paymentStatementRoutes } from './routes/payment-statements.ts'
import { plantRoutes } from './routes/plants.ts'
import { priceChangeRoutes } from './routes/price-changes.ts'
import { processRoutes } from './routes/processes.ts'
import { readingRoutes } from './routes/readings.ts'
import { reconnectionRoutes } from './routes/reconnections.ts'
import { receiptRoutes } from './routes/receipts.ts'
import { refundDecisionRoutes } from './routes/refund-decisions.ts'
import { refundRoutes } from './routes/refunds.ts'
import { suspenseReturnRoutes } from './routes/suspense-returns.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { ownNoticeRoutes } from './routes/own-notices.ts'
import { signUpRoutes } from './routes/sign-ups.ts'
import { staffRoutes } from './routes/staff.ts'
import { stockRoutes } from './routes/stock.ts'
import { taskDecisionRoutes } from './routes/task-decisions.ts'
import { taskRoutes } from './routes/tasks.ts'

/** Every resource of the API; a new one is one line here and one file in routes/. */
const RESOURCES: readonly ((app: Api, deps: ApiDeps) => void)[] = [
  sessionRoutes,
  ownNoticeRoutes,
  signUpRoutes,
  plantRoutes,
  staffRoutes,
  customerRoutes,
  accountRoutes,
  accountListRoutes,
  depositStatementRoutes,
  depositWaiverRoutes,
  applicationRoutes,
  applicationDecisionRoutes,
  stockRoutes,
  meterAccessRoutes,
  meterStateRoutes,
  processRoutes,
  taskRoutes,
  taskDecisionRoutes,
  paymentRoutes,
  paymentDecisionRoutes,
  paymentStatementRoutes,
  paymentOpenItemRoutes,
  agreementRoutes,
  paymentNoticeRoutes,
  receiptRoutes,
  paperRoutes,
  cashRoutes,
  cashFloatRoutes,
  cashHandoverRoutes,
  cashRepaymentRoutes,
  cashDepositRoutes,
  bankStatementRoutes,
  auditRoutes,
  ledgerRoutes,
  booksRoutes,
  bookClosingRoutes,
  caseRoutes,
  reconciliationRoutes,
  packageChangeRoutes,
  priceChangeRoutes,
  closureRoutes,
  closureDecisionRoutes,
  refundRoutes,
  suspenseReturnRoutes,
  refundDecisionRoutes,
  collectionRoutes,
  billingRoutes,
  billRoutes,
  billRecordRoutes,
  correctionRoutes,
  disputeRoutes,
  readingRoutes,
  reconnectionRoutes,
]

/** Adds every resource's routes. */
export function addRoutes(app: Api, deps: ApiDeps): void {
  for (const addResource of RESOURCES) addResource(app, deps)
}
