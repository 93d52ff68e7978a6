import { addDays, addDuration, addToInstant, daysBetween, startOfDay } from './calendar.ts'
import type { IsoDate, IsoInstant, Zone } from './calendar.ts'
import { DomainError } from './errors.ts'
import type { ChasingTerms } from './chasing-calendar.ts'
import type { PlantPolicy } from './policy.ts'
import type { Role } from './roles.ts'

/** What stands between a debt and a cut (policy "hours of a cut", "put off"). Without `chargeIds` it covers the whole account. */
export type Protection = { readonly chargeIds?: readonly number[] } & (
  | { readonly kind: 'promise'; readonly until: IsoDate }
  | { readonly kind: 'plan'; readonly nextPartDueOn: IsoDate }
  | { readonly kind: 'put-off'; readonly until: IsoDate }
  | { readonly kind: 'dispute' }
  /** A payment that is PENDING or UNKNOWN: holds off the cut for P2D (policy "settled"). */
  | { readonly kind: 'payment-uncertain'; readonly since: IsoInstant }
  /** Hospital, school, street lights, medical need: the state in-charge decides. */
  | { readonly kind: 'protected-category'; readonly category: string; readonly decision: 'open' | 'cut' | 'keep' }
)

export type ProtectionKind = Protection['kind']

/** Why a cut cannot be now, and from when on it can; no `until` = until somebody decides. */
export type Shield = { readonly kind: ProtectionKind; readonly until?: IsoInstant }

/** The protections that hold at `asOf` for a charge, with their ends. Those run out by themselves: nobody has to remove them. */
export function shieldsOf(input: {
  chargeId: number
  protections: readonly Protection[]
  asOf: IsoInstant
  zone: Zone
  policy: Pick<PlantPolicy, 'payment'>
}): Shield[] {
  const { chargeId, protections, asOf, zone, policy } = input
  return protections
    .filter(({ chargeIds }) => chargeIds === undefined || chargeIds.includes(chargeId))
    .flatMap((protection) => shieldOf(protection, zone, policy))
    .filter(({ until }) => until === undefined || until > asOf)
}

/** True where the category is one the state in-charge decides about (policy "hours of a cut"). */
export function isProtectedCategory(category: string, terms: Pick<ChasingTerms, 'protectedCategories'>): boolean {
  return terms.protectedCategories.includes(category)
}

/** Half of the overdue paid puts the cut off by P7D, once a period (policy "put off"); undefined when it does not. */
export function putOffByPart(input: {
  overdueBeforeMinor: number
  paidMinor: number
  paidOn: IsoDate
  usedThisPeriod: boolean
  terms: Pick<ChasingTerms, 'putOffSharePercent' | 'putOffBy'>
}): { until: IsoDate } | undefined {
  const { overdueBeforeMinor, paidMinor, paidOn, usedThisPeriod, terms } = input
  if (usedThisPeriod || overdueBeforeMinor <= 0) return undefined
  if (paidMinor * 100 < overdueBeforeMinor * terms.putOffSharePercent) return undefined
  return { until: addDuration(paidOn, terms.putOffBy) }
}

/** Refuses a promise longer than the role may give, or a CSA's second for the same bill (policy "put off"). */
export function assertPromise(input: {
  role: Role
  today: IsoDate
  until: IsoDate
  promisesOfBill: number
  terms: ChasingTerms
}): void {
  const { role, today, until, promisesOfBill, terms } = input
  const isCsa = role === 'csa'
  if (!isCsa && !['cluster-in-charge', 'state-in-charge', 'head-office'].includes(role))
    throw new DomainError('NOT_PERMITTED', 'A CSA or a cluster in-charge takes promises')
  if (isCsa && promisesOfBill > 0)
    throw new DomainError('NOT_PERMITTED', 'A second promise for a bill is for the cluster in-charge')
  const lastDay = addDuration(today, isCsa ? terms.promiseCsa : terms.promiseCluster)
  if (daysBetween(today, until) < 0 || until > lastDay)
    throw new DomainError('INVALID_INPUT', 'The promised day is too far away', { lastDay })
}

function shieldOf(protection: Protection, zone: Zone, policy: Pick<PlantPolicy, 'payment'>): Shield[] {
  switch (protection.kind) {
    case 'promise':
    case 'put-off':
      return [{ kind: protection.kind, until: startOfDay(addDays(protection.until, 1), zone) }]
    case 'plan':
      return [{ kind: 'plan', until: startOfDay(addDays(protection.nextPartDueOn, 1), zone) }]
    case 'dispute':
      return [{ kind: 'dispute' }]
    case 'payment-uncertain':
      return [{ kind: 'payment-uncertain', until: addToInstant(protection.since, policy.payment.uncertainHoldsOffCut, zone) }]
    case 'protected-category':
      return protection.decision === 'cut' ? [] : [{ kind: 'protected-category' }]
  }
}
