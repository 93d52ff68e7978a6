import { addDays } from './calendar.ts'
import type { IsoDate } from './calendar.ts'
import { reviewDeposit } from './deposit.ts'
import { DomainError } from './errors.ts'
import { isDowngrade, isUpgrade, meterFits } from './package.ts'
import type { MeterKind, PackageTerms } from './package.ts'
import { nextPeriod, nthPeriod, periodContaining } from './period.ts'
import type { PlantPolicy } from './policy.ts'
import type { Role } from './roles.ts'

/** How the new limits reach the connection (manual 2.2.9). */
export type ConnectionWork = 'meter-command' | 'field-task' | 'installation'

/** Refuses a request that cannot be: same package, closed account, or a second downgrade in 3 periods (policy "package change"). */
export function checkPackageChange(input: {
  current: PackageTerms
  wanted: PackageTerms
  closed: boolean
  effectiveFrom: IsoDate
  lastDowngradeFrom?: IsoDate
  policy: Pick<PlantPolicy, 'packageChange' | 'anchorDay'>
}): { direction: 'upgrade' | 'downgrade' | 'sideways' } {
  const { current, wanted, closed } = input
  if (closed) throw new DomainError('ACCOUNT_CLOSED', 'The account is closed')
  if (current.code === wanted.code)
    throw new DomainError('PACKAGE_SAME', 'That is the package the connection has', { package: wanted.code })
  if (isDowngrade(current, wanted)) assertDowngradeAllowed(input)
  if (isUpgrade(current, wanted)) return { direction: 'upgrade' }
  return { direction: isDowngrade(current, wanted) ? 'downgrade' : 'sideways' }
}

/** Who must approve, in order: cluster; and the state from 3,000 W or beyond what feeder and plant have to spare (policy table). */
export function packageChangeApprovals(input: {
  current: PackageTerms
  wanted: PackageTerms
  /** Capacity less the load limits already promised, on the feeder and in the plant. */
  feederSpareW: number
  plantSpareW: number
  policy: Pick<PlantPolicy, 'packageChange'>
}): { approvals: Role[]; withinCapacity: boolean } {
  const { current, wanted, policy } = input
  const moreW = Math.max(wanted.loadLimitW - current.loadLimitW, 0)
  const withinCapacity = moreW <= Math.min(input.feederSpareW, input.plantSpareW)
  const large = wanted.loadLimitW >= policy.packageChange.stateApprovalFromW || (moreW > 0 && !withinCapacity)
  return {
    approvals: large ? ['cluster-in-charge', 'state-in-charge'] : ['cluster-in-charge'],
    withinCapacity: moreW === 0 || withinCapacity,
  }
}

/**
 * What a line or a plant can still promise: its capacity less the share of the limits already promised that is drawn at one time. Not
 * everyone draws their limit at once, and plants sell more than they have (docs/decisions/0021). May be below zero.
 */
export function spareCapacityW(input: {
  capacityW: number
  promisedW: number
  policy: Pick<PlantPolicy, 'packageChange'>
}): number {
  return input.capacityW - Math.ceil((input.promisedW * input.policy.packageChange.simultaneousPercent) / 100)
}

/**
 * At once is for a change from post-paid to post-paid: a pre-paid month is paid for in advance and ends as it began (PERIOD_NOT_ENDED;
 * docs/decisions/0020).
 */
export function checkTakesEffect(input: {
  current: PackageTerms
  wanted: PackageTerms
  takesEffect: 'next-period' | 'at-once'
  nextPeriodFrom: IsoDate
}): void {
  const { current, wanted, takesEffect, nextPeriodFrom } = input
  if (takesEffect === 'next-period' || (current.mode === 'postpaid' && wanted.mode === 'postpaid')) return
  throw new DomainError('PERIOD_NOT_ENDED', 'A change from or to a pre-paid package begins with a period', {
    possibleFrom: nextPeriodFrom,
  })
}

/** What has to be done at the connection: another meter from stock where this one does not fit (policy "which meter"). */
export function connectionWork({ wanted, meterKind }: { wanted: PackageTerms; meterKind: MeterKind }): ConnectionWork {
  if (!meterFits(wanted, meterKind)) return 'installation'
  return meterKind === 'smart' ? 'meter-command' : 'field-task'
}

/**
 * First day of the new price: the next period by default; at once = the midnight after the read-back, and only when the difference is
 * settled (ACCOUNT_NOT_SETTLED). Policy "package change" and "which meter".
 */
export function packageEffectiveFrom(input: {
  when: 'next-period' | 'at-once'
  today: IsoDate
  settled: boolean
  policy: Pick<PlantPolicy, 'anchorDay'>
}): IsoDate {
  const { when, today, settled, policy } = input
  if (when === 'next-period') return periodContaining(today, policy.anchorDay).to
  if (!settled) throw new DomainError('ACCOUNT_NOT_SETTLED', 'A change at once needs the difference paid first')
  return addDays(today, 1)
}

/** When the read-back comes after the planned day the old price goes on until then: new from the next midnight (policy "which meter"). */
export function effectiveAfterReadBack({ planned, readBackOn }: { planned: IsoDate; readBackOn: IsoDate }): IsoDate {
  return readBackOn <= planned ? planned : addDays(readBackOn, 1)
}

/** The money between two packages: what to ask (deposit short, fee), what to credit (deposit over, unused pre-paid days). */
export function packageDifference(input: {
  depositHeldMinor: number
  depositDueMinor: number
  unusedAdvanceMinor: number
  policy: Pick<PlantPolicy, 'deposit' | 'fees'>
}): { depositTopUpMinor: number; depositExcessMinor: number; advanceCreditMinor: number; feeMinor: number } {
  const { topUpMinor, creditMinor } = reviewDeposit({
    heldMinor: input.depositHeldMinor,
    dueMinor: input.depositDueMinor,
    policy: input.policy,
  })
  return {
    depositTopUpMinor: topUpMinor,
    depositExcessMinor: creditMinor,
    advanceCreditMinor: input.unusedAdvanceMinor,
    feeMinor: input.policy.fees.packageChangeMinor,
  }
}

function assertDowngradeAllowed(input: {
  effectiveFrom: IsoDate
  lastDowngradeFrom?: IsoDate
  policy: Pick<PlantPolicy, 'packageChange' | 'anchorDay'>
}): void {
  const { effectiveFrom, lastDowngradeFrom, policy } = input
  if (lastDowngradeFrom === undefined) return
  const anchorDay = policy.anchorDay
  const free = nthPeriod({ date: lastDowngradeFrom, anchorDay, n: policy.packageChange.downgradeOncePeriods }).from
  if (effectiveFrom < free)
    throw new DomainError('DOWNGRADE_TOO_SOON', 'A smaller package can be taken once in three periods', { possibleFrom: free })
}

/** The period after the one a change starts in: for "the next bill at the new price". */
export function firstFullPeriodKey(effectiveFrom: IsoDate, anchorDay: number): IsoDate {
  const period = periodContaining(effectiveFrom, anchorDay)
  return period.from === effectiveFrom ? period.key : nextPeriod(period, anchorDay).key
}
