import type { Tx } from '../db/client.ts'
import { type BillingSubject, loadBillingSubjects } from '../db/queries/billing-subjects.ts'
import { insertBills, type IssuedBill, takeBillNumbers } from '../db/queries/bills.ts'
import { advanceMoved } from '../db/queries/advances.ts'
import { allocateCredit, type ChargeState, issueCharge, readCharges, voidDemand } from '../db/queries/charges.ts'
import { drawDeposit } from '../db/queries/deposits.ts'
import { balanceOf, post } from '../db/queries/ledger.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { nudge } from '../db/queries/outbox.ts'
import { plantSince } from '../db/queries/billing.ts'
import { addDays, dateAt, earliest } from '../domain/calendar.ts'
import { Contradiction } from '../domain/errors.ts'
import { credit, depositHeld, postHeldReleased, postPrepaidEarned, postPrepaidUnused } from '../domain/ledger.ts'
import { darkDaysOf, suppliedSegments } from '../domain/metered-period.ts'
import { assessPeriod } from '../domain/period-charge.ts'
import { daysIn, nextPeriod, type Period, periodContaining } from '../domain/period.ts'
import { lightAdvance, unusedAdvanceMinor } from '../domain/prepaid.ts'
import { takeMissedRegister } from './closing-registers.ts'
import type { Closing } from './closing.ts'
import { newBill } from './new-bill.ts'
import { takeStartRegisters } from './start-registers.ts'

/**
 * The final settlement, in one transaction and once: every supplied period that was not billed is billed up to the last day (by the
 * final register where nobody knows how an earlier one ended),
 * unused advance days become credit, what was only asked for is void, credit is used, then the deposit is set off against what is still owed (policy "close").
 */
export async function settleAccount(tx: Tx, closing: Closing): Promise<void> {
  const { closure, account, plant, asOf } = closing
  if (closure.settledAt !== null) return
  const [subject] = await loadBillingSubjects(tx, [closure.customerId])
  const bills = subject === undefined ? [] : await billTheRest(tx, closing, subject)
  await releaseAdvances(tx, closing, subject)
  await voidDemands(tx, closing)
  await allocateCredit(tx, { account, asOf, zone: plant.zone })
  const heldMinor = await balanceOf(tx, depositHeld(account.accountId))
  const drawnMinor =
    heldMinor > 0 ? await drawDeposit(tx, { account, asOf, zone: plant.zone }, { amountMinor: heldMinor, atClosing: true }) : 0
  await tx.updateTable('closures').set({ settledAt: asOf }).where('closureId', '=', closure.closureId).execute()
  await tellSettled(tx, closing, { bills, drawnMinor, heldMinor })
}

/** Post-paid days that no bill has charged, period by period: the last one pro-rated to the last supplied day. */
async function billTheRest(tx: Tx, { closure, account, plant, asOf }: Closing, subject: BillingSubject): Promise<IssuedBill[]> {
  const rules = plant
  const since = (await plantSince(tx, plant.plant, plant.zone)) ?? subject.connectedOn
  const periods = unbilledPeriods(subject, { leftOn: addDays(closure.leavingOn, 1), since, anchorDay: plant.policy.anchorDay })
  const issued: IssuedBill[] = []
  for (const period of periods) {
    const loaded = await reloaded(tx, subject)
    const [started = loaded] = await takeStartRegisters(tx, [loaded], { period, rules, asOf })
    const now = await takeMissedRegister(tx, started, { period, rules })
    const charge = assessPeriod({ connection: now, mode: 'postpaid', period, rules })
    const [number = ''] = await takeBillNumbers(tx, plant.plant, 1)
    const bill = newBill({ plant: plant.plant, asOf, rules }, { subject: now, charge, number })
    issued.push(...(await insertBills(tx, { plant: plant.plant, currency: account.currency, asOf }, [bill])))
  }
  return issued
}

/** What stands on the account now: the bill before this one is part of what is outstanding. */
async function reloaded(tx: Tx, subject: BillingSubject): Promise<BillingSubject> {
  return (await loadBillingSubjects(tx, [subject.customerId]))[0] ?? subject
}

function unbilledPeriods(
  subject: BillingSubject,
  { leftOn, since, anchorDay }: { leftOn: string; since: string; anchorDay: number },
): Period[] {
  const found: Period[] = []
  const first = subject.connectedOn > since ? subject.connectedOn : since
  for (let period = periodContaining(first, anchorDay); period.from < leftOn; period = nextPeriod(period, anchorDay)) {
    const isPostpaid = suppliedSegments({ period, ...subject }).some(({ terms }) => terms.mode === 'postpaid')
    if (isPostpaid && !subject.charged.has(period.key)) found.push(period)
  }
  return found
}

/** Advances: paid days after the last one become credit; an unpaid advance is owed only for the days that were supplied. */
async function releaseAdvances(tx: Tx, closing: Closing, subject: BillingSubject | undefined): Promise<void> {
  const { closure, account, plant, asOf } = closing
  const leftOn = addDays(closure.leavingOn, 1)
  const advances = (await readCharges(tx, account.accountId)).filter(
    ({ kind, nature, periodTo, openMinor, voidedAt }) =>
      kind === 'electricity' &&
      nature === 'demand' &&
      voidedAt === null &&
      periodTo !== null &&
      (periodTo > leftOn || openMinor > 0),
  )
  for (const advance of advances) {
    const dueMinor = advanceDue(closing, { advance, leftOn, subject })
    await releaseAdvance(tx, closing, { advance, dueMinor })
  }
  const held = { depositMinor: 0, activationMinor: await balanceOf(tx, `activation-held:${account.accountId}`) }
  await post(tx, {
    eventKey: `closing-activation:${closure.closureId}`,
    plant: plant.plant,
    accountId: account.accountId,
    currency: account.currency,
    businessAt: asOf,
    postings: postHeldReleased(account, held),
  })
}

interface Leaving {
  readonly advance: ChargeState
  readonly leftOn: string
  readonly subject: BillingSubject | undefined
}

/** What the days cost that the advance served: until the last day or a change to post-paid before it; dark days cost nothing. */
function advanceDue({ account: { currency }, plant: { zone } }: Closing, { advance, leftOn, subject }: Leaving): number {
  const { amountMinor: priceMinor, periodFrom, periodTo, terms } = advance
  if (periodFrom === null || periodTo === null) throw new Contradiction(`advance ${advance.chargeId} is for no period`)
  const to = periodTo
  const from = typeof terms.from === 'string' ? terms.from : periodFrom
  const period: Period = { key: from, from, to }
  const postpaidFrom = (subject?.terms ?? []).filter((one) => one.package.mode === 'postpaid' && one.fromDate >= from)
  const servedUntil = earliest(leftOn, ...postpaidFrom.map(({ fromDate }) => fromDate))
  const holds = (subject?.holds ?? []).filter(({ reason }) => reason === 'prepaid-lapsed')
  const darkDays = darkDaysOf({ from, until: earliest(servedUntil, to), zone, holds })
  const usedMinor = priceMinor - unusedAdvanceMinor({ paidMinor: priceMinor, period, unusedFrom: servedUntil, currency })
  return Math.max(0, usedMinor - lightAdvance({ priceMinor, days: daysIn(period), darkDays, currency }).creditedMinor)
}

/** Gives back what is paid beyond the days served, less what a package change or dark days gave back already. */
async function releaseAdvance(
  tx: Tx,
  { closure, account, plant, asOf }: Closing,
  { advance, dueMinor }: { advance: ChargeState; dueMinor: number },
): Promise<void> {
  const { chargeId, openMinor } = advance
  const { paidMinor, returnedMinor, waitingMinor } = await advanceMoved(tx, chargeId)
  const keptMinor = paidMinor - returnedMinor
  const unusedMinor = Math.max(0, keptMinor - dueMinor)
  const unearnedMinor = Math.min(unusedMinor, waitingMinor)
  const postings = [
    ...(unearnedMinor > 0 ? postPrepaidUnused(account, { amountMinor: unearnedMinor, alreadyEarned: false }) : []),
    ...(unusedMinor > unearnedMinor
      ? postPrepaidUnused(account, { amountMinor: unusedMinor - unearnedMinor, alreadyEarned: true })
      : []),
    // Nobody looks at this advance again: what was paid for days that were supplied is income now.
    ...postPrepaidEarned(account, { amountMinor: waitingMinor - unearnedMinor }),
  ].map((posting, index) => ({ ...posting, leg: index + 1 }))
  await post(tx, {
    eventKey: `closing-advance:${closure.closureId}:${chargeId}`,
    plant: plant.plant,
    accountId: account.accountId,
    currency: account.currency,
    businessAt: asOf,
    postings,
  })
  if (openMinor === 0) return
  await voidDemand(tx, chargeId, { asOf, reason: `closing ${closure.closureId}` })
  if (dueMinor > keptMinor)
    await issueCharge(
      tx,
      { account, asOf },
      {
        kind: 'final',
        source: `${closure.closureId}:${chargeId}`,
        amountMinor: dueMinor - keptMinor,
        dueOn: dateAt(asOf, plant.zone),
      },
    )
}

/** Nobody who leaves is asked for a deposit, an activation or another package any more; what was paid of it is held and goes back. */
async function voidDemands(tx: Tx, { closure: { closureId }, account: { accountId }, asOf }: Closing): Promise<void> {
  const open = await readCharges(tx, accountId, { onlyOpen: true })
  for (const { chargeId } of open.filter(({ nature }) => nature === 'demand')) {
    await voidDemand(tx, chargeId, { asOf, reason: `closing ${closureId}` })
    await nudge(tx, `charge:${chargeId}`)
  }
}

interface Settled {
  readonly bills: readonly IssuedBill[]
  readonly drawnMinor: number
  readonly heldMinor: number
}

async function tellSettled(
  tx: Tx,
  { closure, account, plant, asOf }: Closing,
  { bills, drawnMinor, heldMinor }: Settled,
): Promise<void> {
  const { closureId, customerId, accountId } = closure
  const owedMinor = (await readCharges(tx, accountId, { onlyOpen: true }))
    .filter(({ nature }) => nature === 'debt')
    .reduce((sum, { openMinor }) => sum + openMinor, 0)
  const refundMinor = heldMinor - drawnMinor + (await balanceOf(tx, credit(accountId)))
  const last = bills.at(-1)
  const totalMinor = bills.reduce((sum, { document }) => sum + document.totalMinor, 0)
  const { currency } = account
  const dueOn = last?.document.dueOn ?? dateAt(asOf, plant.zone)
  const params = {
    closureId,
    customerId,
    billNumber: last?.document.number ?? closureId,
    totalMinor,
    outstandingMinor: owedMinor + drawnMinor - totalMinor > 0 ? owedMinor + drawnMinor - totalMinor : 0,
    depositUsedMinor: drawnMinor,
    payableMinor: owedMinor,
    refundMinor,
    currency,
    dueOn,
  }
  await queueNotice(tx, { accountId, kind: 'final-bill-issued', params, dedupeKey: `final-bill:${closureId}`, asOf })
}
