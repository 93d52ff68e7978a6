import type { FastifyRequest } from 'fastify'
import { readApplication } from '../../db/queries/applications.ts'
import { saveIdentityProof } from '../../db/queries/applicants.ts'
import { assertPackageChoice, assertRoomOnPole } from '../../db/queries/package-choice.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { type PlantTerms, readPlant } from '../../db/queries/plants.ts'
import { readDecision } from '../../db/queries/processes.ts'
import { openRefundOf } from '../../db/queries/refunds.ts'
import { staffAt } from '../../db/queries/tasks.ts'
import type { VisibleAccount } from '../../db/queries/visibility.ts'
import type { JsonObject } from '../../db/tables.ts'
import { assertMayDecide } from '../../domain/approvals.ts'
import { DomainError } from '../../domain/errors.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { DecisionUpdate, StandingDecision as Standing } from '../../workflows/decisions.ts'
import {
  approveRefund,
  assignAgent,
  cancel,
  choosePackage,
  choosePole,
  enterKyc,
  extendDeadline,
  payRefund,
  refuse,
  replanInstallation,
  waiveDeposit,
  withdraw,
} from '../../workflows/onboarding-decisions.ts'
import { AnotherPole, Kyc, Note, Package, Refusal, RefundPaid, To } from '../application-schemas.ts'
import { decide } from '../decide.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { lastFourOf, sealIdentity } from '../identity-seal.ts'
import type { Action } from '../permissions.ts'
import { staffOf } from '../principal.ts'
import { assertDoubtIsWhole } from '../refund-schemas.ts'
import { AccountId, Closed, StandingDecision } from '../schemas.ts'
import { visibleAccount } from '../visible.ts'

const params = Closed({ applicationId: AccountId })

/** A route that decides: who may, what it is called, what it takes. */
function deciding<Body>(action: Action, summary: string, body: Body) {
  return {
    config: { action, idempotent: true as const },
    schema: { tags: ['Applications'], summary, params, body, response: { 200: StandingDecision } },
  }
}

/** Everything that people enter or decide about an application, as Updates to its process. */
export function applicationDecisionRoutes(app: Api, deps: ApiDeps): void {
  enteringRoutes(app, deps)
  decidingRoutes(app, deps)
  endingRoutes(app, deps)
  refundRoutes(app, deps)
}

function enteringRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/applications/:applicationId/kyc',
    deciding('applications.fill-in', 'Enter details and identity proof', Kyc),
    async (request) => {
      const { kind, commitmentsGiven, text } = request.body
      const subject = await subjectOf(deps, request, request.params.applicationId)
      if (!commitmentsGiven) throw new ApiError('INVALID_INPUT', 'Hand over the commitments on paper first.')
      await keepProof(deps, request, { ...request.body, ...subject })
      return send(deps, request, { ...subject, update: enterKyc, step: 'kyc', verdict: 'recorded', text, detail: { kind } })
    },
  )

  app.post(
    '/v1/applications/:applicationId/package',
    deciding('applications.fill-in', 'Choose package and pole', Package),
    async (request) => {
      const { text, ...choice } = request.body
      const subject = await subjectOf(deps, request, request.params.applicationId)
      const { plant, policy } = subject.terms
      await assertPackageChoice(deps.db, { plant, policy, on: subject.asOf }, choice)
      return send(deps, request, { ...subject, update: choosePackage, step: 'package', verdict: 'chosen', text, detail: choice })
    },
  )

  app.post(
    '/v1/applications/:applicationId/assignment',
    deciding('applications.assign', 'Give an application to another sales agent', To),
    async (request) => {
      const { to, text } = request.body
      const subject = await subjectOf(deps, request, request.params.applicationId)
      if (!(await staffAt(deps.db, subject.account.plant, 'csa')).includes(to))
        throw new ApiError('INVALID_INPUT', 'No sales agent of that log-in works at this plant.', { details: { to } })
      return send(deps, request, { ...subject, update: assignAgent, verdict: 'assigned', text, detail: { to } })
    },
  )
}

function decidingRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/applications/:applicationId/deposit-waiver',
    deciding('applications.waive-deposit', 'Give up the security deposit', Note),
    async (request) => {
      const subject = await subjectOf(deps, request, request.params.applicationId)
      return send(deps, request, {
        ...subject,
        update: waiveDeposit,
        step: 'deposit-waiver',
        verdict: 'waived',
        text: request.body.text,
      })
    },
  )

  app.post(
    '/v1/applications/:applicationId/extension',
    deciding('applications.decide', 'Give more time to pay, once', Note),
    async (request) => {
      const subject = await subjectOf(deps, request, request.params.applicationId)
      return send(deps, request, {
        ...subject,
        update: extendDeadline,
        step: 'extension',
        verdict: 'extended',
        text: request.body.text,
      })
    },
  )

  app.post(
    '/v1/applications/:applicationId/pole',
    deciding('applications.decide', 'Serve the house from another pole', AnotherPole),
    async (request) => {
      const { pole, text } = request.body
      const subject = await subjectOf(deps, request, request.params.applicationId)
      await assertRoomOnPole(deps.db, subject.account.plant, pole)
      return send(deps, request, { ...subject, update: choosePole, text, detail: { pole } })
    },
  )

  app.post(
    '/v1/applications/:applicationId/installation',
    deciding('applications.decide', 'Send a technician again', Note),
    async (request) => {
      const subject = await subjectOf(deps, request, request.params.applicationId)
      return send(deps, request, { ...subject, update: replanInstallation, text: request.body.text })
    },
  )
}

function endingRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/applications/:applicationId/withdrawal',
    deciding('applications.withdraw', 'Withdraw an application', Note),
    async (request) => {
      const subject = await subjectOf(deps, request, request.params.applicationId)
      return send(deps, request, { ...subject, update: withdraw, step: 'ending', verdict: 'withdrawn', text: request.body.text })
    },
  )

  app.post(
    '/v1/applications/:applicationId/refusal',
    deciding('applications.decide', 'Refuse an application', Refusal),
    async (request) => {
      const { reason, text } = request.body
      const subject = await subjectOf(deps, request, request.params.applicationId)
      return send(deps, request, { ...subject, update: refuse, step: 'ending', verdict: 'refused', text, detail: { reason } })
    },
  )

  app.post(
    '/v1/applications/:applicationId/cancellation',
    deciding('applications.decide', 'Cancel what cannot be installed', Note),
    async (request) => {
      const subject = await subjectOf(deps, request, request.params.applicationId)
      return send(deps, request, { ...subject, update: cancel, step: 'ending', verdict: 'cancelled', text: request.body.text })
    },
  )
}

function refundRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/applications/:applicationId/refund-approval',
    deciding('refunds.decide', 'Approve the refund that stands', Note),
    async (request) => {
      const subject = await subjectOf(deps, request, request.params.applicationId)
      const open = await openRefundOf(deps.db, ofApplication(subject))
      if (open === undefined) throw new DomainError('WRONG_STAGE', 'No refund of this application waits')
      const { role, login: deciderId } = staffOf(request)
      // By the amount (policy, "decision" table).
      assertMayDecide(
        { decision: 'refund', amountMinor: open.amountMinor, role, deciderId, makerId: 'system' },
        subject.terms.policy,
      )
      const detail = { refundId: open.refundId }
      return send(deps, request, { ...subject, update: approveRefund, verdict: 'approved', text: request.body.text, detail })
    },
  )

  app.post(
    '/v1/applications/:applicationId/refund-payment',
    deciding('refunds.pay', 'Say that the refund was paid out', RefundPaid),
    async (request) => {
      const { text, ...paid } = request.body
      await assertDoubtIsWhole(deps.db, paid)
      const subject = await subjectOf(deps, request, request.params.applicationId)
      const open = await openRefundOf(deps.db, ofApplication(subject))
      const detail = { ...(open && { refundId: open.refundId }), ...paid }
      return send(deps, request, { ...subject, update: payRefund, verdict: 'paid', text, detail })
    },
  )
}

function ofApplication({ account: { accountId } }: Subject): { accountId: string; source: string } {
  return { accountId, source: accountId }
}

interface Subject {
  readonly account: VisibleAccount
  readonly terms: PlantTerms
  readonly asOf: string
}

async function subjectOf({ db, now }: ApiDeps, request: FastifyRequest, applicationId: string): Promise<Subject> {
  const account = await visibleAccount(db, request, { accountId: applicationId })
  const asOf = await businessNow(db, account.plant, now())
  return { account, asOf, terms: await readPlant(db, account.plant, asOf) }
}

interface Sent extends Subject {
  readonly update: DecisionUpdate
  readonly step?: string
  readonly verdict?: string
  readonly detail?: JsonObject
  readonly text?: string | undefined
}

function send(
  deps: ApiDeps,
  request: FastifyRequest,
  { account: { accountId, plant }, update, step, verdict, detail, text }: Sent,
): Promise<Standing> {
  return decide(deps, {
    request,
    workflowId: processIds.onboarding(accountId),
    plant,
    update,
    text,
    ...(step !== undefined && { step }),
    ...(verdict !== undefined && { verdict }),
    ...(detail && { detail }),
  })
}

/** The proof is kept, sealed, before the process hears of it: the number itself never travels. One that stands is not overwritten. */
async function keepProof(
  { db, config }: ApiDeps,
  request: FastifyRequest,
  { account, kind, number }: Subject & { kind: string; number: string },
): Promise<void> {
  const { accountId, personId } = account
  const lastFour = lastFourOf({ kind, number })
  const { endedAt } = await readApplication(db, accountId)
  if (endedAt !== null || (await readDecision(db, processIds.onboarding(accountId), 'kyc')) !== undefined) return
  await saveIdentityProof(db, {
    personId,
    kind,
    lastFour,
    sealed: sealIdentity(config.kycKey, { personId, kind }, number),
    recordedBy: staffOf(request).login,
  })
}
