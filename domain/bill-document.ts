import { billTotals } from './bill.ts'
import type { IsoDate, IsoInstant } from './calendar.ts'
import type { DepositLine } from './deposit.ts'
import { sumMinor } from './money.ts'
import { packageText } from './package.ts'
import type { PackageMode } from './package.ts'
import type { PeriodCharge } from './period-charge.ts'

/** A charge that a bill shows beside its electricity, such as a reconnection fee. */
export type GroupedCharge = {
  readonly chargeId: number
  readonly kind: string
  readonly source: string
  readonly amountMinor: number
  /** What the line says where the kind does not: a part of a deposit that was drawn, or is too small. */
  readonly line?: DepositLine
}

/** What a bill asks for to fill up the deposit, as its notice names it: only what there is. */
export function depositAsked({ otherCharges }: Pick<BillDocument, 'otherCharges'>): {
  depositToRestoreMinor?: number
  depositTopUpMinor?: number
} {
  const sumOf = (wanted: DepositLine): number =>
    sumMinor(otherCharges.flatMap(({ line, amountMinor }) => (line === wanted ? [amountMinor] : [])))
  const [depositToRestoreMinor, depositTopUpMinor] = [sumOf('deposit-to-restore'), sumOf('deposit-top-up')]
  return { ...(depositToRestoreMinor > 0 && { depositToRestoreMinor }), ...(depositTopUpMinor > 0 && { depositTopUpMinor }) }
}

export type BilledReading = {
  readonly serial: string
  readonly fromRegisterWh: number
  readonly fromTakenAt: IsoInstant
  readonly fromEstimated: boolean
  readonly toRegisterWh: number
  readonly toTakenAt: IsoInstant
  readonly toEstimated: boolean
  readonly countedWh: number
  /** Where the start was estimated: the last register that was read (rule 27: a true-up cites both). */
  readonly lastReadRegisterWh?: number
  readonly lastReadAt?: IsoInstant
}

/** A bill as it was issued: plain data, from which the same paper can be made at any time (billing.md rule 13). */
export type BillDocument = {
  readonly format: 1
  readonly number: string
  readonly plant: string
  readonly accountId: string
  readonly customerId: string
  readonly holder: { readonly name: string; readonly nameHi: string | null }
  readonly mode: PackageMode
  readonly period: { readonly from: IsoDate; readonly to: IsoDate }
  readonly issuedAt: IsoInstant
  readonly dueOn: IsoDate
  readonly currency: string
  readonly packages: readonly {
    readonly text: string
    readonly code: string
    readonly version: number
    readonly from: IsoDate
    readonly to: IsoDate
    readonly fixedChargeMinor: number
    readonly energyRateMinorPerKwh: number
    readonly loadLimitW: number
    readonly activeFrom: string
    readonly activeTo: string
  }[]
  readonly readings: readonly BilledReading[]
  readonly estimated: boolean
  readonly truesUp: boolean
  readonly consumptionWh: number | null
  readonly lines: readonly {
    readonly kind: string
    readonly amountMinor: number
    readonly detail: Readonly<Record<string, unknown>>
  }[]
  readonly otherCharges: readonly GroupedCharge[]
  readonly electricityMinor: number
  readonly totalMinor: number
  readonly outstandingBeforeMinor: number
  readonly creditBeforeMinor: number
  readonly toPayMinor: number
}

/** Draws up a bill from an assessed period and what else stands on the account (manual 2.2.4: "bill + everything outstanding"). */
export function billDocument(input: {
  head: Pick<BillDocument, 'number' | 'plant' | 'accountId' | 'customerId' | 'holder' | 'issuedAt' | 'dueOn' | 'currency'>
  charge: PeriodCharge
  otherCharges: readonly GroupedCharge[]
  outstandingMinor: number
  creditMinor: number
}): BillDocument {
  const { head, charge, otherCharges, outstandingMinor, creditMinor } = input
  const chargesMinor = [charge.totalMinor, ...otherCharges.map(({ amountMinor }) => amountMinor)]
  const { totalMinor, toPayMinor } = billTotals({ chargesMinor, outstandingMinor, creditMinor })
  return {
    format: 1,
    ...head,
    mode: charge.mode,
    period: { from: charge.period.from, to: charge.period.to },
    packages: charge.segments.map(({ terms, from, to }) => ({
      text: packageText(terms, head.currency),
      code: terms.code,
      version: terms.version,
      from,
      to,
      fixedChargeMinor: terms.fixedChargeMinor,
      energyRateMinorPerKwh: terms.energyRateMinorPerKwh,
      loadLimitW: terms.loadLimitW,
      activeFrom: terms.activeFrom,
      activeTo: terms.activeTo,
    })),
    readings: readingsOf(charge),
    estimated: charge.metered?.estimated ?? false,
    truesUp: charge.metered?.truesUp ?? false,
    consumptionWh: charge.metered?.consumptionWh ?? null,
    lines: charge.lines.map(({ kind, amountMinor, ...detail }) => ({ kind, amountMinor, detail })),
    otherCharges,
    electricityMinor: charge.totalMinor,
    totalMinor,
    outstandingBeforeMinor: outstandingMinor,
    creditBeforeMinor: creditMinor,
    toPayMinor,
  }
}

function readingsOf({ metered }: PeriodCharge): BilledReading[] {
  return (metered?.spans ?? []).map(({ serial, start, end, countedWh, lastActual }) => ({
    serial,
    fromRegisterWh: start.registerWh,
    fromTakenAt: start.takenAt,
    fromEstimated: start.estimated,
    toRegisterWh: end.registerWh,
    toTakenAt: end.takenAt,
    toEstimated: end.estimated,
    countedWh,
    ...(lastActual && { lastReadRegisterWh: lastActual.registerWh, lastReadAt: lastActual.takenAt }),
  }))
}
