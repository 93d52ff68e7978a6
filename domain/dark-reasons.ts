import { type IsoInstant, msOf } from './calendar.ts'
import type { HoldReason } from './hold.ts'

/**
 * Why a house has no light, in the words of whoever asks: a hold, or `hours` (outside those of the package), `expired` (paid no
 * further), `by-itself` (its meter keeps it open: an overload, or hours where it does not arm), `not-yet-obeyed` (nothing holds it
 * back, and its meter does not know yet), `never-heard` (its meter has never said anything).
 */
export type DarkReason = HoldReason | 'hours' | 'expired' | 'by-itself' | 'not-yet-obeyed' | 'never-heard'

/** What a meter said of its contact; null where it has not. */
export interface ReportedContact {
  readonly relay: string | null
  readonly relayMode: string | null
  readonly validUntil: IsoInstant | null
}

/**
 * Every reason for which a meter's contact is open, the holds first; empty when it is closed (design "Programming a meter", meter
 * contract `open_reason`). `asOf` is business time.
 */
export function darkReasons({
  holds,
  reported,
  asOf,
}: {
  holds: readonly HoldReason[]
  reported: ReportedContact | null
  asOf: IsoInstant
}): DarkReason[] {
  if (reported === null || reported.relay === null) return ['never-heard']
  if (reported.relay === 'closed') return []
  const standing: DarkReason[] = [...new Set(holds)]
  const isExpired = reported.validUntil !== null && msOf(reported.validUntil) <= msOf(asOf)
  if (isExpired) standing.push('expired')
  if (standing.length > 0) return standing
  if (reported.relay === 'armed') return ['hours']
  return [reported.relayMode === 'auto' ? 'by-itself' : 'not-yet-obeyed']
}
