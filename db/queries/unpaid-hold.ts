import { mayPlaceUnpaidHold, unpaidHoldShouldStand } from '../../domain/arrears.ts'
import { addDuration, dateAt } from '../../domain/calendar.ts'
import { nextPeriod, periodContaining } from '../../domain/period.ts'
import type { PlantPolicy } from '../../domain/policy.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'
import { type Arrears, readArrears } from './arrears.ts'
import { issueCharge } from './charges.ts'
import { startWorkflow } from './outbox.ts'
import { liftHold, openHolds, placeHold } from './supply.ts'

export interface HoldContext {
  readonly account: LockedAccount
  readonly asOf: string
  readonly zone: string
  readonly policy: PlantPolicy
  /** The day the money that may lift it counts as paid. */
  readonly paidOn?: string
}

/**
 * The only writer of the hold `unpaid`, at the end of every posting: lifts it when nothing is overdue any more, in the very
 * transaction that made it so. It never places one ({@link placeUnpaidHold}). The caller holds the account lock, so the order
 * of commits decides between a payment and a cut (design, "Accounts are locked in order").
 */
export async function decideUnpaidHold(tx: Tx, { account, asOf, zone, policy, paidOn }: HoldContext): Promise<void> {
  if (account.customerId === null) return
  const arrears = await readArrears(tx, account.customerId, asOf)
  if (arrears.holdId === null) return
  if (unpaidHoldShouldStand({ ...arrears.state, today: dateAt(asOf, zone) })) return
  // Whose money had been handed over before the cut, and was only told of after it, does not pay for the cut (billing.md rule 6).
  const cutOn = dateAt(arrears.state.cutAt ?? asOf, zone)
  if (paidOn === undefined || paidOn >= cutOn)
    await chargeReconnection(tx, { account, asOf, zone, policy }, { holdId: arrears.holdId, customerId: account.customerId })
  await liftUnpaid(tx, account.customerId, asOf)
  await startWorkflow(tx, {
    workflowType: 'collectDues',
    workflowId: processIds.collection(account.customerId),
    input: { plant: account.plant, accountId: account.accountId, customerId: account.customerId },
  })
}

/** Every one of them, whoever placed it (an import brings in customers who are cut): this reason is the chasing's alone to end. */
async function liftUnpaid(tx: Tx, customerId: string, asOf: string): Promise<void> {
  for (const { reason, owner } of await openHolds(tx, customerId))
    if (reason === 'unpaid') await liftHold(tx, { customerId, reason, owner }, asOf)
}

/**
 * Places the hold if, in this transaction, a notice for that debt was delivered, its waiting time is over, every step lies
 * behind it and nothing protects it. Returns the charges that are the reason and the meter's desired version, or undefined.
 */
export async function placeUnpaidHold(
  tx: Tx,
  arrears: Arrears,
): Promise<{ chargeIds: number[]; version: number | null } | undefined> {
  const { state, customerId } = arrears
  const verdict = mayPlaceUnpaidHold(state)
  if (!verdict.may || arrears.holdId !== null) return undefined
  const version = await placeHold(tx, { customerId, reason: 'unpaid', owner: processIds.collection(customerId) }, state.asOf)
  return { chargeIds: verdict.chargeIds, version }
}

/** 50 rupees on the next bill, where supply really had been cut; it is no condition of reconnection (policy "reconnection"). */
async function chargeReconnection(
  tx: Tx,
  { account, asOf, zone, policy }: HoldContext,
  cut: { holdId: number; customerId: string },
): Promise<void> {
  if (policy.fees.reconnectionMinor === 0 || !(await wasCarriedOut(tx, cut.holdId))) return
  const nextBillOn = nextPeriod(periodContaining(dateAt(asOf, zone), policy.anchorDay), policy.anchorDay).from
  await issueCharge(
    tx,
    { account, asOf },
    {
      kind: 'fee',
      source: `reconnection:${cut.holdId}`,
      amountMinor: policy.fees.reconnectionMinor,
      dueOn: addDuration(nextBillOn, policy.postpaid.dueAfter),
      lines: [{ kind: 'reconnection', amountMinor: policy.fees.reconnectionMinor }],
    },
  )
}

/**
 * The meter (or the technician for it) has reported the very version that this cut asked for, or a later one that keeps it. That the
 * contact is open says nothing: it opens for overload and hours too, and an earlier hold had made it dark already.
 */
async function wasCarriedOut(tx: Tx, holdId: number): Promise<boolean> {
  const row = await tx
    .selectFrom('holds')
    .innerJoin('meterInstallations', 'meterInstallations.customerId', 'holds.customerId')
    .innerJoin('meterDesired', (join) =>
      join
        .onRef('meterDesired.serial', '=', 'meterInstallations.serial')
        .onRef('meterDesired.source', '=', 'holds.owner')
        .onRef('meterDesired.businessAt', '=', 'holds.placedAt')
        .on('meterDesired.relay', '=', 'open'),
    )
    .innerJoin('meterReported', (join) =>
      join
        .onRef('meterReported.serial', '=', 'meterDesired.serial')
        .onRef('meterReported.version', '>=', 'meterDesired.version')
        .on('meterReported.relayMode', '=', 'open'),
    )
    .select('holds.holdId')
    .where('holds.holdId', '=', holdId)
    .executeTakeFirst()
  return row !== undefined
}
