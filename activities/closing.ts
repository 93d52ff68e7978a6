import type { Db, Tx } from '../db/client.ts'
import { type LockedAccount, withAccount } from '../db/queries/accounts.ts'
import { type Closure, endClosure, findClosure } from '../db/queries/closures.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { readPlant, type PlantTerms } from '../db/queries/plants.ts'
import { readRefunds, refundableMinor, requestRefund } from '../db/queries/refunds.ts'
import { markForRemoval, removeMeter } from '../db/queries/stock.ts'
import { placeHold } from '../db/queries/supply.ts'
import { findTask, openTask, tellRole } from '../db/queries/tasks.ts'
import { addDays, addToInstant, dateAt, startOfDay } from '../domain/calendar.ts'
import { DomainError } from '../domain/errors.ts'
import { restOfRefund } from '../domain/pay-out.ts'
import { processIds } from '../domain/process-ids.ts'
import { refundApprover } from '../domain/refund.ts'
import { type ClosingKey, type ClosingFacts, readClosingFacts, removalSource } from './closing-facts.ts'
import { settleAccount } from './closing-settlement.ts'
import { type AskerPaid, keepRefundApart, payForAsker } from './refund-steps.ts'

/** A closing with its account locked. */
export interface Closing {
  readonly closure: Closure
  readonly account: LockedAccount
  readonly plant: PlantTerms
  readonly asOf: string
}

type Round = ClosingKey & { readonly round: number }

/** What ending a connection does to supply, meter, money and books. Each step is safe to repeat. */
export function createClosingActivities({ db }: { db: Db }) {
  const inClosing = <T>(key: ClosingKey, act: (tx: Tx, closing: Closing) => Promise<T>): Promise<T> => withClosing(db, key, act)
  return {
    /** Where the closing stands; NOT_FOUND when there is none. */
    readClosing: (key: ClosingKey): Promise<ClosingFacts> => readClosingFacts(db, key),
    /** Tells the customer when the supply ends. */
    announceClosing: (key: ClosingKey): Promise<void> => inClosing(key, announce),
    /** The last supplied day is over: the hold `closed` is placed for good. */
    endSupply: (key: ClosingKey): Promise<void> => inClosing(key, endSupply),
    /** Sends a technician for the meter: the last reading and the removal are one visit. */
    openRemoval: ({ round, ...key }: Round): Promise<void> => inClosing(key, (tx, closing) => openRemoval(tx, closing, round)),
    /** The meter is down, or written off with an estimated last reading: it goes to the stock, and the connection has ended. */
    finishRemoval: ({ round, isLost, ...key }: Round & { isLost: boolean }): Promise<void> =>
      inClosing(key, (tx, closing) => finishRemoval(tx, closing, { round, isLost })),
    /** Final bill, credit used, deposit set off: in one transaction, once. */
    settleClosing: (key: ClosingKey): Promise<void> => inClosing(key, settleAccount),
    /** Asks for what is left of deposit and credit to be given back, and tells whoever must approve it. */
    requestClosingRefunds: (key: ClosingKey): Promise<void> => inClosing(key, requestRefunds),
    /** Books the pay-out as whoever handed it over reported it. */
    payClosingRefund: ({ refundId, ...key }: ClosingKey & { refundId: number }): Promise<void> =>
      inClosing(key, (tx, closing) => payOut(tx, closing, refundId)),
    /** Nobody fetched it: it stays owed, apart from the rest, and never becomes income (policy "ban, close"). */
    keepUnclaimed: ({ refundId, ...key }: ClosingKey & { refundId: number }): Promise<void> =>
      inClosing(key, (tx, closing) => keepRefundApart(tx, closing, refundId)),
    /**
     * Ends the closing. A withdrawn one leaves everything as it was; otherwise the account is closed for good. False where it
     * cannot end so, because money came in meanwhile.
     */
    endClosing: ({ as, ...key }: ClosingKey & { as: string }): Promise<boolean> =>
      inClosing(key, (tx, closing) => endClosing(tx, closing, as)),
  }
}

async function announce(tx: Tx, { closure, asOf }: Closing): Promise<void> {
  const { closureId, customerId, accountId, reason, leavingOn } = closure
  const params = { closureId, customerId, reason, supplyEndsOn: leavingOn }
  await queueNotice(tx, { accountId, kind: 'closing-started', params, dedupeKey: `closing-started:${closureId}`, asOf })
}

async function endSupply(tx: Tx, { closure: { closureId, customerId }, asOf }: Closing): Promise<void> {
  await placeHold(tx, { customerId, reason: 'closed', owner: processIds.closing(closureId) }, asOf)
  const meter = await hangingMeter(tx, customerId)
  if (meter !== undefined) await markForRemoval(tx, { serial: meter.serial, source: closureId, asOf })
}

async function openRemoval(tx: Tx, { closure, plant, asOf }: Closing, round: number): Promise<void> {
  const { closureId, customerId, accountId } = closure
  const meter = await hangingMeter(tx, customerId)
  if (meter === undefined) return
  const kind = 'meter-removal'
  const dueAt = addToInstant(asOf, plant.policy.tasks.targets[kind], plant.zone)
  const source = removalSource(closureId, round)
  await openTask(tx, { plant: plant.plant, kind, accountId, customerId, source, detail: { serial: meter.serial }, dueAt, asOf })
}

async function endClosing(tx: Tx, { closure, plant, asOf }: Closing, as: string): Promise<boolean> {
  const { closureId, customerId, accountId } = closure
  if (as !== 'Withdrawn' && (await readClosingFacts(tx, { closureId, asOf })).outcome !== as) return false
  await endClosure(tx, closureId, { asOf, as })
  if (as === 'Withdrawn') {
    const params = { closureId, customerId }
    await queueNotice(tx, { accountId, kind: 'closing-withdrawn', params, dedupeKey: `closing-withdrawn:${closureId}`, asOf })
    return true
  }
  await tx
    .updateTable('accounts')
    .set({ closedAt: asOf })
    .where('accountId', '=', accountId)
    .where('closedAt', 'is', null)
    .execute()
  const params = { customerId, closedOn: dateAt(asOf, plant.zone) }
  await queueNotice(tx, { accountId, kind: 'account-closed', params, dedupeKey: `account-closed:${closureId}`, asOf })
  return true
}

async function withClosing<T>(
  db: Db,
  { closureId, asOf }: ClosingKey,
  work: (tx: Tx, closing: Closing) => Promise<T>,
): Promise<T> {
  const found = await findClosure(db, closureId)
  if (found === undefined) throw new DomainError('NOT_FOUND', 'no such closure')
  return withAccount(db, found.accountId, async (tx, account) => {
    const closure = (await findClosure(tx, closureId)) ?? found
    return work(tx, { closure, account, plant: await readPlant(tx, closure.plant, asOf), asOf })
  })
}

async function hangingMeter(tx: Tx, customerId: string): Promise<{ serial: string; startRegisterWh: number } | undefined> {
  return tx
    .selectFrom('meterInstallations')
    .select(['serial', 'startRegisterWh'])
    .where('customerId', '=', customerId)
    .where('removedAt', 'is', null)
    .executeTakeFirst()
}

async function finishRemoval(
  tx: Tx,
  { closure, plant, asOf }: Closing,
  { round, isLost }: { round: number; isLost: boolean },
): Promise<void> {
  const { closureId, customerId } = closure
  const leftOn = addDays(closure.leavingOn, 1)
  const meter = await hangingMeter(tx, customerId)
  if (meter !== undefined) {
    const task = await findTask(tx, removalSource(closureId, round))
    const last = await lastRegister(tx, customerId, meter)
    const read = isLost ? undefined : (task?.result?.finalRegisterWh ?? task?.result?.registerWh)
    const supplyEndedAt = startOfDay(leftOn, plant.zone)
    // A register below the last one is never billed (policy "checks"): the last one stands, marked as an estimate.
    const isRead = typeof read === 'number' && read >= last.registerWh
    await removeMeter(tx, {
      serial: meter.serial,
      removedAt: earlier(task?.completedAt ?? asOf, supplyEndedAt),
      finalRegisterWh: isRead ? read : last.registerWh,
      finalIsEstimate: !isRead,
      enteredBy: task?.completedBy ?? 'system',
      reviewedBy: task?.reviewedBy ?? null,
      to: isLost ? 'scrapped' : 'free',
      source: closureId,
      asOf,
      ...(task !== undefined && { taskId: task.taskId }),
    })
  }
  await tx.updateTable('connections').set({ leftOn }).where('customerId', '=', customerId).where('leftOn', 'is', null).execute()
}

function earlier(a: string, b: string): string {
  return a < b ? a : b
}

/** The highest register known: what was read last, or what a smart meter said since. */
async function lastRegister(
  tx: Tx,
  customerId: string,
  meter: { serial: string; startRegisterWh: number },
): Promise<{ registerWh: number }> {
  const read = await tx
    .selectFrom('readings')
    .select((eb) => eb.fn.max('registerWh').as('registerWh'))
    .where('customerId', '=', customerId)
    .where('serial', '=', meter.serial)
    .where('state', '=', 'accepted')
    .executeTakeFirst()
  const said = await tx
    .selectFrom('meterTelemetry')
    .select('registerWh')
    .where('serial', '=', meter.serial)
    .where('verdict', '<>', 'suspect')
    .orderBy('takenAt', 'desc')
    .limit(1)
    .executeTakeFirst()
  return { registerWh: Math.max(read?.registerWh ?? 0, said?.registerWh ?? 0, meter.startRegisterWh) }
}

async function requestRefunds(tx: Tx, { closure, account, plant, asOf }: Closing): Promise<void> {
  const { closureId, accountId, refundMethod: method } = closure
  for (const kind of ['deposit', 'credit'] as const) {
    const amountMinor = await refundableMinor(tx, { accountId, kind })
    if (amountMinor <= 0) continue
    const before = (await readRefunds(tx, accountId)).filter(
      (refund) => refund.kind === kind && refund.source.split(':')[0] === closureId,
    ).length
    const refund = await requestRefund(
      tx,
      { account, asOf },
      { kind, source: before === 0 ? closureId : `${closureId}:${before + 1}`, amountMinor, method },
    )
    const decideBy = dateAt(addToInstant(asOf, plant.policy.closing.refundWithin, plant.zone), plant.zone)
    const params = {
      decision: 'deposit-refund',
      requestId: closureId,
      plantCode: plant.plant,
      subjectId: closure.customerId,
      decideBy,
    } as const
    await tellRole(
      tx,
      { plant: plant.plant, role: refundApprover(refund, plant.policy) },
      { kind: 'decision-needed', params, dedupeKey: `refund:${refund.refundId}`, asOf },
    )
  }
}

async function payOut(tx: Tx, { closure, account, plant, asOf }: Closing, refundId: number): Promise<void> {
  const { closureId, customerId, accountId } = closure
  const decision = await tx
    .selectFrom('decisions')
    .selectAll()
    .where('workflowId', '=', processIds.closing(closureId))
    .where('step', '=', `pay-out:${refundId}`)
    .executeTakeFirstOrThrow()
  const detail = (decision.detail ?? {}) as Partial<Pick<AskerPaid, 'method' | 'proof' | 'isUnknown' | 'provider'>>
  const said = { refundId, method: closure.refundMethod, paidBy: decision.decidedBy, ...detail }
  const refund = await payForAsker(tx, { account, asOf }, said)
  if (refund === undefined) return
  const { currency, method } = refund
  const amountMinor = restOfRefund(refund)
  const refundedOn = dateAt(asOf, plant.zone)
  const dedupeKey = `refund-paid:${refundId}`
  if (refund.kind === 'deposit')
    await queueNotice(tx, {
      accountId,
      kind: 'deposit-refunded',
      params: { closureId, customerId, refundMinor: amountMinor, currency, refundedOn, method },
      dedupeKey,
      asOf,
    })
  else
    await queueNotice(tx, {
      accountId,
      kind: 'payment-refunded',
      params: { reference: customerId, amountMinor, currency, refundedOn, method, reason: 'overpaid' },
      dedupeKey,
      asOf,
    })
}
