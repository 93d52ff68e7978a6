import type { Db, Tx } from '../db/client.ts'
import { changeApplication, demandsOf } from '../db/queries/applications.ts'
import { resolvePackageChoice } from '../db/queries/package-choice.ts'
import { allocateCredit, issueCharge, voidDemand } from '../db/queries/charges.ts'
import { createConnection } from '../db/queries/connections.ts'
import { post } from '../db/queries/ledger.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { nudge } from '../db/queries/outbox.ts'
import { type PlantTerms, readPackage } from '../db/queries/plants.ts'
import { readDecision } from '../db/queries/processes.ts'
import { placeHold } from '../db/queries/supply.ts'
import type { JsonObject } from '../db/tables.ts'
import { addToInstant, dateAt } from '../domain/calendar.ts'
import { depositDueMinor, expectedBillMinor } from '../domain/deposit.ts'
import { isDomainError } from '../domain/errors.ts'
import { activationChargeMinor } from '../domain/fees.ts'
import { postHeldReleased } from '../domain/ledger.ts'
import { type MeterKind, packageText, type PackageTerms } from '../domain/package.ts'
import { type OpenApplication, textIn, withApplication } from './onboarding.ts'
import { type ApplicationKey, payAgainWindow, type PendingDecision } from './onboarding-facts.ts'

/** What a new customer must pay before anything is built (manual 2.2.2, step 5). */
export function createDemandActivities({ db }: { db: Db }) {
  return {
    /** The package is chosen: deposit and activation charge become due, and the customer is told (manual 2.2.2, step 5). */
    assignPackage: ({ applicationId, asOf, choice }: ApplicationKey & { choice: PendingDecision }): Promise<void> =>
      withApplication(db, { applicationId, asOf }, async (tx, open) => {
        if (open.application.packageAssignedAt === null)
          await assignPackage(tx, open, { choice: choice.detail, asOf, on: dateAt(choice.at, open.plant.zone) })
      }),

    /** The state in-charge gave up the deposit: what was paid of it is credit, and pays the activation charge first. */
    waiveDeposit: ({ applicationId, asOf }: ApplicationKey): Promise<void> =>
      withApplication(db, { applicationId, asOf }, async (tx, { account, plant: { zone } }) => {
        const deposit = (await demandsOf(tx, applicationId)).find(({ kind, voidedAt }) => kind === 'deposit' && voidedAt === null)
        if (deposit === undefined) return
        const postings = postHeldReleased(account, { depositMinor: deposit.amountMinor - deposit.openMinor, activationMinor: 0 })
        await post(tx, {
          eventKey: `deposit-waived:${applicationId}`,
          plant: account.plant,
          accountId: applicationId,
          currency: account.currency,
          businessAt: asOf,
          postings,
        })
        await voidDemand(tx, deposit.chargeId, { asOf, reason: 'waived' })
        await allocateCredit(tx, { account, asOf, zone })
        await nudge(tx, `account:${applicationId}`)
      }),

    /** The one extension (policy, "onboarding"), counted from the deadline that stood. */
    extendDeadline: ({ applicationId, asOf }: ApplicationKey): Promise<void> =>
      withApplication(
        db,
        { applicationId, asOf },
        async (tx, { application, account: { currency }, plant: { policy, zone } }) => {
          if (application.extendedAt !== null || application.deadlineAt === null) return
          const deadlineAt = addToInstant(application.deadlineAt, policy.onboarding.extension, zone)
          await changeApplication(tx, applicationId, { deadlineAt, extendedAt: asOf })
          const params = {
            reference: applicationId,
            remainingMinor: await openOf(tx, applicationId),
            currency,
            payBy: dateAt(deadlineAt, zone),
          }
          await queueNotice(tx, {
            accountId: applicationId,
            kind: 'demand-deadline-extended',
            params,
            dedupeKey: `demand-extended:${applicationId}`,
            asOf,
          })
        },
      ),

    /** Reminds the customer of what is open, once for `at`. */
    remindOfDemands: ({ applicationId, asOf, at }: ApplicationKey & { at: string }): Promise<void> =>
      withApplication(db, { applicationId, asOf }, (tx, open) => remind(tx, open, { asOf, at })),
  }
}

/** The customer ID that follows once all is paid (manual 2.2.2, step 6). */
export function createAccountActivities({ db }: { db: Db }) {
  return {
    /** Another pole, where the chosen one is full. */
    changePole: ({ applicationId, asOf, pole }: ApplicationKey & { pole: PendingDecision }): Promise<void> =>
      withApplication(db, { applicationId, asOf }, async (tx, { application, workflowId }) => {
        const poleRound = application.poleRound + 1
        if ((await readDecision(tx, workflowId, `pole:${poleRound}`)) === undefined) return
        await changeApplication(tx, applicationId, { pole: textIn(pole.detail, 'pole'), poleRound })
      }),

    /**
     * Everything is paid: the account gets its customer ID, the connection is in the register and held until it is installed
     * (manual 2.2.2, step 6). Null where the pole has no number left.
     */
    createAccountConnection: (key: ApplicationKey): Promise<string | null> =>
      withApplication(db, key, async (tx, open) => {
        try {
          return await createAccountConnection(tx, open, key.asOf)
        } catch (error) {
          // Nothing was written before the refusal: it is the pole's first look.
          if (isDomainError(error) && error.code === 'POLE_FULL') return null
          throw error
        }
      }),
  }
}

async function assignPackage(
  tx: Tx,
  open: OpenApplication,
  { choice, asOf, on }: { choice: JsonObject; asOf: string; on: string },
): Promise<void> {
  const { application, account, plant, workflowId } = open
  const { applicationId } = application
  const { policy, zone } = plant
  const wanted = {
    code: textIn(choice, 'code'),
    pole: textIn(choice, 'pole'),
    ...(typeof choice.meterKind === 'string' && { meterKind: choice.meterKind as MeterKind }),
    ...(typeof choice.depositParts === 'number' && { depositParts: choice.depositParts }),
  }
  const { terms, meterKind, depositParts } = await resolvePackageChoice(tx, { plant: plant.plant, policy, on }, wanted)
  const deadlineAt = addToInstant(asOf, policy.onboarding.deadline, zone)
  await changeApplication(tx, applicationId, {
    packageCode: terms.code,
    packageVersion: terms.version,
    meterKind,
    pole: wanted.pole,
    depositParts,
    packageAssignedAt: asOf,
    deadlineAt,
  })
  const isWaived = (await readDecision(tx, workflowId, 'deposit-waiver')) !== undefined
  const demands = demandsFor({ terms, meterKind, category: account.category, isWaived, plant })
  for (const { kind, amountMinor } of demands) {
    const pinned = { packageCode: terms.code, packageVersion: terms.version, meterKind }
    await issueCharge(
      tx,
      { account, asOf },
      { kind, source: applicationId, amountMinor, dueOn: dateAt(deadlineAt, zone), terms: pinned },
    )
  }
  const amountOf = (kind: string): number => demands.find((demand) => demand.kind === kind)?.amountMinor ?? 0
  const params = {
    applicationId,
    packageId: packageText(terms, account.currency),
    depositMinor: amountOf('deposit'),
    activationMinor: amountOf('activation'),
    totalMinor: amountOf('deposit') + amountOf('activation'),
    currency: account.currency,
    payBy: dateAt(deadlineAt, zone),
  }
  if (params.totalMinor > 0)
    await queueNotice(tx, {
      accountId: applicationId,
      kind: 'deposit-and-activation-demanded',
      params,
      dedupeKey: `demanded:${applicationId}`,
      asOf,
    })
  // Money that came before the demand, under the application's code, counts at once.
  await allocateCredit(tx, { account, asOf, zone })
}

function demandsFor({
  terms,
  meterKind,
  category,
  isWaived,
  plant: { policy },
}: {
  terms: PackageTerms
  meterKind: MeterKind
  category: string
  isWaived: boolean
  plant: PlantTerms
}): { kind: 'deposit' | 'activation'; amountMinor: number }[] {
  const depositMinor = depositDueMinor({
    expectedBillMinor: expectedBillMinor({ terms, policy }),
    category,
    waived: isWaived,
    policy,
  })
  const demands = [
    { kind: 'deposit', amountMinor: depositMinor },
    { kind: 'activation', amountMinor: activationChargeMinor({ terms, meterKind, policy }) },
  ] as const
  return demands.filter(({ amountMinor }) => amountMinor > 0)
}

async function createAccountConnection(
  tx: Tx,
  { application, account, workflowId }: OpenApplication,
  asOf: string,
): Promise<string> {
  const { applicationId, pole, packageCode: code, packageVersion: version } = application
  if (account.customerId !== null) return account.customerId
  const terms = await readPackage(tx, application.plant, { code: code ?? '', version: version ?? 0 })
  const customerId = await createConnection(tx, account, { pole: pole ?? '', package: terms })
  await placeHold(tx, { customerId, reason: 'not-activated', owner: workflowId }, asOf)
  const demands = (await demandsOf(tx, applicationId)).filter(({ voidedAt }) => voidedAt === null)
  const amountMinor = demands.reduce((sum, demand) => sum + demand.amountMinor, 0)
  const paid = { reference: applicationId, forWhat: demands.map(({ kind }) => kind), amountMinor, currency: account.currency }
  if (amountMinor > 0)
    await queueNotice(tx, {
      accountId: applicationId,
      kind: 'demand-settled',
      params: paid,
      dedupeKey: `demand-settled:${applicationId}`,
      asOf,
    })
  const params = { applicationId, customerId, packageId: packageText(terms, account.currency) }
  await queueNotice(tx, {
    accountId: applicationId,
    kind: 'account-created',
    params,
    dedupeKey: `account-created:${applicationId}`,
    asOf,
  })
  return customerId
}

async function remind(
  tx: Tx,
  { application, account: { currency, customerId }, plant: { policy, zone } }: OpenApplication,
  { asOf, at }: { asOf: string; at: string },
): Promise<void> {
  const { applicationId } = application
  const open = (await demandsOf(tx, applicationId)).filter(({ openMinor }) => openMinor > 0)
  if (open.length === 0 || application.deadlineAt === null) return
  const again = customerId === null ? undefined : await payAgainWindow(tx, { application, policy, zone })
  const params = {
    reference: applicationId,
    forWhat: open.map(({ kind }) => kind),
    remainingMinor: await openOf(tx, applicationId),
    currency,
    payBy: dateAt(again?.by ?? application.deadlineAt, zone),
  }
  await queueNotice(tx, {
    accountId: applicationId,
    kind: 'demand-reminder',
    params,
    dedupeKey: `demand-reminder:${applicationId}:${at}`,
    asOf,
  })
}

async function openOf(tx: Tx, applicationId: string): Promise<number> {
  return (await demandsOf(tx, applicationId)).reduce((sum, { openMinor }) => sum + openMinor, 0)
}
