import type { Db } from '../db/client.ts'
import { createAdvanceActivities } from './advance-steps.ts'
import { createAgreementActivities } from './agreements.ts'
import { createApplicationEndingActivities } from './application-ending.ts'
import { createBillingStepActivities } from './billing-steps.ts'
import { createBillingActivities } from './billing.ts'
import { createCashDepositActivities } from './cash-deposits.ts'
import { createClosingActivities } from './closing.ts'
import { createCollectionActivities } from './collection.ts'
import { createCorrectionActivities } from './corrections.ts'
import { createDepositReviewActivities } from './deposit-reviews.ts'
import { createDisputeActivities } from './disputes.ts'
import { createAccountActivities, createDemandActivities } from './demands.ts'
import { refusalsAreFinal } from './failure.ts'
import { mergeActivities } from './merge.ts'
import { createMeterActivities } from './meters.ts'
import { createOnboardingActivities } from './onboarding.ts'
import { createPackageApprovalActivities } from './package-approvals.ts'
import { createPackageChangeActivities } from './package-changes.ts'
import { createPackageSupplyActivities } from './package-supply.ts'
import { createPackageMeterActivities, createPackageWorkActivities } from './package-work.ts'
import type { PaymentProviders } from './payment-providers.ts'
import { createPaymentDecisionActivities } from './payment-decisions.ts'
import { createPaymentActivities } from './payments.ts'
import { createPayOutActivities } from './pay-outs.ts'
import { createPriceChangeActivities } from './price-changes.ts'
import { createProcessActivities } from './processes.ts'
import { createReconciliationActivities, type Runs } from './reconciliation.ts'
import { createRefundActivities } from './refunds.ts'
import { createMeterReturnActivities, createStockActivities } from './stock.ts'
import { createTaskActivities } from './tasks.ts'

/** What activities reach the world through. */
export interface ActivityDeps {
  readonly db: Db
  /** Whom to ask about payments in doubt, by provider; the sandbox's own without. */
  readonly providers?: PaymentProviders
  /** What runs there are; without, the reconciler says that it did not look. */
  readonly runs?: Runs
}

/** Every activity of the operations worker, one factory a dependency or area. */
export function createActivities(deps: ActivityDeps) {
  return refusalsAreFinal(
    mergeActivities(
      createProcessActivities(deps),
      createBillingActivities(deps),
      createBillingStepActivities(deps),
      createAdvanceActivities(deps),
      createClosingActivities(deps),
      createCollectionActivities(deps),
      createAgreementActivities(deps),
      createCorrectionActivities(deps),
      createDisputeActivities(deps),
      createDepositReviewActivities(deps),
      createPriceChangeActivities(deps),
      createOnboardingActivities(deps),
      createDemandActivities(deps),
      createAccountActivities(deps),
      createStockActivities(deps),
      createMeterReturnActivities(deps),
      createApplicationEndingActivities(deps),
      createReconciliationActivities(deps),
      createRefundActivities(deps),
      createTaskActivities(deps),
      createMeterActivities(deps),
      createPackageApprovalActivities(deps),
      createPackageChangeActivities(deps),
      createPackageSupplyActivities(deps),
      createPackageMeterActivities(deps),
      createPackageWorkActivities(deps),
      createPaymentActivities(deps),
      createCashDepositActivities(deps),
      createPaymentDecisionActivities(deps),
      createPayOutActivities(deps),
    ),
  )
}

export type Activities = ReturnType<typeof createActivities>
