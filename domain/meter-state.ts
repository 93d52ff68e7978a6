import type { IsoInstant, LocalTime } from './calendar.ts'
import { msOf } from './calendar.ts'

/** What a version asks of a meter. */
export type DesiredSupply = {
  readonly version: number
  readonly loadLimitW: number
  readonly activeFrom: LocalTime
  readonly activeTo: LocalTime
  /** `open` while any hold stands. */
  readonly relay: string
  readonly validUntil: IsoInstant | null
}

/** What a meter (or the technician who stood before it) says it has in force; null where nobody has said so yet. */
export type ReportedSupply = {
  readonly version: number
  readonly loadLimitW: number | null
  readonly activeFrom: LocalTime | null
  readonly activeTo: LocalTime | null
  /** What the relay is set to. */
  readonly relayMode: string | null
  /** The contact itself: `closed`, `open`, or `armed` outside the hours. */
  readonly relay: string | null
  readonly validUntil: IsoInstant | null
}

/**
 * Whether a report shows the version carried out: it names this version or a later one, has its values, and where the
 * customer is to be dark the contact really is open. Set to `auto` it may be open for its hours or an overload.
 */
export function isCarried(desired: DesiredSupply, reported: ReportedSupply): boolean {
  return (
    reported.version >= desired.version &&
    reported.loadLimitW === desired.loadLimitW &&
    reported.activeFrom === desired.activeFrom &&
    reported.activeTo === desired.activeTo &&
    reported.relayMode === desired.relay &&
    (desired.relay !== 'open' || reported.relay === 'open') &&
    sameInstant(reported.validUntil, desired.validUntil)
  )
}

/** When a report was made, by the meter's own counters and its clock. */
export type ReportMoment = { readonly bootId: number | null; readonly version: number; readonly reportedAt: IsoInstant | null }

/**
 * Whether a report was overtaken by the one that stands: within a boot versions never go back. The meter's clock decides only
 * where the counters go back, so that a meter whose counters were reset is heard, and one whose clock was put right too.
 */
export function isOvertaken(report: ReportMoment, standing: ReportMoment): boolean {
  if (report.bootId === null || standing.bootId === null || report.reportedAt === null || standing.reportedAt === null)
    return false
  const goesBack = report.bootId < standing.bootId || (report.bootId === standing.bootId && report.version < standing.version)
  return goesBack && msOf(report.reportedAt) <= msOf(standing.reportedAt)
}

/** Answers after which asking again is of no use; every other one may turn out differently next time. */
const FINAL_REFUSALS: readonly string[] = ['UNSUPPORTED', 'INVALID_ARGUMENT', 'HARDWARE_FAULT']

/** Whether a meter that gives this reason has refused for good. */
export function isFinalRefusal(reasonCode: string): boolean {
  return FINAL_REFUSALS.includes(reasonCode)
}

function sameInstant(one: IsoInstant | null, other: IsoInstant | null): boolean {
  if (one === null || other === null) return one === other
  return msOf(one) === msOf(other)
}
