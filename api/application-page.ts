import type { Static } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { demandsOf, readApplication } from '../db/queries/applications.ts'
import { identityProofsOf, readApplicant } from '../db/queries/applicants.ts'
import { businessNow } from '../db/queries/clock.ts'
import { balanceOf } from '../db/queries/ledger.ts'
import { readPlant } from '../db/queries/plants.ts'
import { findProcess } from '../db/queries/process-list.ts'
import { readRefunds } from '../db/queries/refunds.ts'
import { meterOf } from '../db/queries/stock.ts'
import type { VisibleAccount } from '../db/queries/visibility.ts'
import { depositParts } from '../domain/deposit.ts'
import { credit } from '../domain/ledger.ts'
import { processIds } from '../domain/process-ids.ts'
import { refundApprover } from '../domain/refund.ts'
import type { ApplicationPage } from './application-schemas.ts'
import type { ApiDeps } from './deps.ts'
import { showProcess } from './process-view.ts'

/** Everything about an application: who, what was chosen, what is open of it, where it stands and whom it waits for. */
export async function readApplicationPage(
  { db, config, now }: ApiDeps,
  request: FastifyRequest,
  account: VisibleAccount,
): Promise<Static<typeof ApplicationPage>> {
  const { accountId: applicationId, plant, currency, customerId } = account
  const { policy } = await readPlant(db, plant, await businessNow(db, plant, now()))
  const workflowId = processIds.onboarding(applicationId)
  const [application, applicant, demands, refunds, meter, row, creditMinor] = await Promise.all([
    readApplication(db, applicationId),
    readApplicant(db, applicationId),
    demandsOf(db, applicationId),
    readRefunds(db, applicationId),
    meterOf(db, applicationId),
    findProcess(db, workflowId),
    balanceOf(db, credit(applicationId)),
  ])
  const process = row === undefined ? undefined : showProcess(config, request, row)
  const partsOf = (kind: string, dueMinor: number): number[] =>
    kind === 'deposit' ? depositParts({ dueMinor, parts: application.depositParts ?? 1, currency, policy }) : [dueMinor]
  return {
    application: { ...application, customerId },
    applicant: { ...applicant, identity: await identityProofsOf(db, applicant.personId) },
    currency,
    creditMinor,
    workflowId,
    demands: demands.map(({ kind, amountMinor, openMinor, dueOn, voidedAt }) => ({
      kind,
      amountMinor,
      openMinor,
      dueOn,
      voidedAt,
      parts: partsOf(kind, amountMinor),
    })),
    refunds: refunds
      .filter(({ source }) => source.split(':')[0] === applicationId)
      .map((refund) => ({ ...refund, approver: refundApprover(refund, policy) })),
    meter: meter === undefined ? null : { serial: meter.serial, kind: meter.kind, state: meter.state },
    stage: process?.stage ?? null,
    waitingFor: process?.waitingFor ?? null,
    dueAt: process?.dueAt ?? null,
    outcome: process?.outcome ?? null,
    temporalUrl: process?.temporalUrl ?? null,
  }
}
