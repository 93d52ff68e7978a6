import type { IsoDate } from './calendar.ts'
import { DomainError } from './errors.ts'
import type { PackageMode } from './package.ts'

/**
 * Everything a customer may owe (design "The unit owed is a charge"); `opening` is a due brought in by the import, `bounced` what a
 * payment that came back leaves missing where its money is used up (docs/decisions/0024).
 */
export const CHARGE_KINDS = [
  'electricity',
  'activation',
  'deposit',
  'package-difference',
  'instalment',
  'water',
  'fee',
  'final',
  'opening',
  'bounced',
] as const
export type ChargeKind = (typeof CHARGE_KINDS)[number]

/** A debt is in receivables from its issue and is chased; a demand posts nothing until it is paid and never ages. */
export type ChargeNature = 'debt' | 'demand'

/** Where the money of a paid charge lands: off the receivable, or into a liability until it is earned or given back. */
export type PaidInto = 'receivable' | 'unearned' | 'deposit' | 'activation'

/** A row of THE table: what a charge of a kind does (docs/billing-rules.md "Kinds of charges"). */
export type ChargeRule = {
  /** Code on receipts and in revenue accounts (manual 2.2.4): ACT activation, CHG electricity, EMI instalment … */
  readonly code: 'ACT' | 'CHG' | 'EMI' | 'DEP' | 'WTR' | 'FEE' | 'DUE' | 'BNC'
  readonly nature: ChargeNature
  readonly paidInto: PaidInto
  /** Income side at issue of a debt; `opening` is what the books began with, `credit` the customer's own account: neither is income. */
  readonly issuedAgainst: 'revenue' | 'opening' | 'credit' | 'none'
  readonly allocationClass: number
  readonly allocationClassInArrears: number
  readonly chasedBy: 'collect-dues' | 'bill-customer' | 'onboard-customer' | 'change-package' | 'sell-appliance' | 'close-account'
  readonly unpaidLeadsTo: 'cut' | 'prepaid-lapsed' | 'application-cancelled' | 'request-cancelled' | 'reminders-only'
  readonly refundable: 'no' | 'until-earned' | 'until-installed' | 'on-leaving'
}

const POSTPAID: ChargeRule = {
  code: 'CHG',
  nature: 'debt',
  paidInto: 'receivable',
  issuedAgainst: 'revenue',
  allocationClass: 2,
  allocationClassInArrears: 1,
  chasedBy: 'collect-dues',
  unpaidLeadsTo: 'cut',
  refundable: 'no',
}
const PREPAID: ChargeRule = {
  code: 'CHG',
  nature: 'demand',
  paidInto: 'unearned',
  issuedAgainst: 'none',
  allocationClass: 2,
  allocationClassInArrears: 2,
  chasedBy: 'bill-customer',
  unpaidLeadsTo: 'prepaid-lapsed',
  refundable: 'until-earned',
}

/** The table for every kind but electricity, which depends on the package's mode (policy "allocation", design "Workflows"). */
const RULES: Readonly<Record<Exclude<ChargeKind, 'electricity'>, ChargeRule>> = {
  opening: { ...POSTPAID, code: 'DUE', issuedAgainst: 'opening' },
  bounced: { ...POSTPAID, code: 'BNC', issuedAgainst: 'credit' },
  final: { ...POSTPAID, chasedBy: 'close-account', unpaidLeadsTo: 'reminders-only' },
  fee: { ...POSTPAID, code: 'FEE', allocationClass: 3, allocationClassInArrears: 3, unpaidLeadsTo: 'reminders-only' },
  deposit: {
    code: 'DEP',
    nature: 'demand',
    paidInto: 'deposit',
    issuedAgainst: 'none',
    allocationClass: 4,
    allocationClassInArrears: 4,
    chasedBy: 'onboard-customer',
    unpaidLeadsTo: 'application-cancelled',
    refundable: 'on-leaving',
  },
  activation: {
    code: 'ACT',
    nature: 'demand',
    paidInto: 'activation',
    issuedAgainst: 'none',
    allocationClass: 5,
    allocationClassInArrears: 5,
    chasedBy: 'onboard-customer',
    unpaidLeadsTo: 'application-cancelled',
    refundable: 'until-installed',
  },
  'package-difference': {
    code: 'DEP',
    nature: 'demand',
    paidInto: 'deposit',
    issuedAgainst: 'none',
    allocationClass: 6,
    allocationClassInArrears: 6,
    chasedBy: 'change-package',
    unpaidLeadsTo: 'request-cancelled',
    refundable: 'on-leaving',
  },
  instalment: {
    code: 'EMI',
    nature: 'debt',
    paidInto: 'receivable',
    issuedAgainst: 'revenue',
    allocationClass: 7,
    allocationClassInArrears: 7,
    chasedBy: 'sell-appliance',
    unpaidLeadsTo: 'reminders-only',
    refundable: 'no',
  },
  water: {
    code: 'WTR',
    nature: 'debt',
    paidInto: 'receivable',
    issuedAgainst: 'revenue',
    allocationClass: 8,
    allocationClassInArrears: 8,
    chasedBy: 'collect-dues',
    unpaidLeadsTo: 'reminders-only',
    refundable: 'no',
  },
}

/** The row for a kind; electricity needs the package's mode, others ignore it. Throws INVALID_INPUT without one. */
export function chargeRule(kind: ChargeKind, mode?: PackageMode): ChargeRule {
  if (kind !== 'electricity') return RULES[kind]
  if (!mode) throw new DomainError('INVALID_INPUT', 'Electricity is pre-paid or post-paid: say which')
  return mode === 'prepaid' ? PREPAID : POSTPAID
}

/**
 * What electricity of a period is charged under: the period's key, and its advance under a name of its own. A period may have both: an
 * advance that is void or was used in part, and the bill of the days after a change to post-paid.
 */
export function electricitySource(mode: PackageMode, period: IsoDate): string {
  return mode === 'prepaid' ? `advance:${period}` : period
}

/** Debt or demand (design "The unit owed is a charge": pre-paid electricity is a demand). */
export function natureOf(kind: ChargeKind, mode?: PackageMode): ChargeNature {
  return chargeRule(kind, mode).nature
}

/** The row of a charge that exists: its nature was fixed at issue, so the mode it had then follows from it. */
export function ruleOfCharge({ kind, nature }: { kind: ChargeKind; nature: ChargeNature }): ChargeRule {
  const rule = chargeRule(kind, nature === 'demand' ? 'prepaid' : 'postpaid')
  if (rule.nature !== nature) throw new DomainError('INVALID_INPUT', `A ${kind} is never a ${nature}`)
  return rule
}

/** Allocation class on a day: electricity past its due date comes before current electricity (policy "allocation"). */
export function allocationClass(charge: { kind: ChargeKind; nature: ChargeNature; dueOn: IsoDate }, today: IsoDate): number {
  const rule = ruleOfCharge(charge)
  return isPastDue(charge.dueOn, today) ? rule.allocationClassInArrears : rule.allocationClass
}

/** Past due from the day after the due date on. */
export function isPastDue(dueOn: IsoDate, today: IsoDate): boolean {
  return dueOn < today
}

/** True for a debt whose arrears may end in a cut (policy "EMI, water": arrears never cut supply). */
export function mayLeadToCut(charge: { kind: ChargeKind; nature: ChargeNature }): boolean {
  return ruleOfCharge(charge).unpaidLeadsTo === 'cut'
}
