import { addToInstant } from './calendar.ts'
import type { IsoInstant, Zone } from './calendar.ts'
import type { PlantPolicy } from './policy.ts'
import type { Role } from './roles.ts'

/** Since when something is waited for of a meter, under which terms of the plant. */
export type AwaySince = {
  readonly since: IsoInstant
  readonly zone: Zone
  readonly terms: Pick<PlantPolicy['tasks'], 'remindAfter' | 'escalateAfter'>
}

const EVERY_WEEK = 7

/**
 * When people are told for the nth time (from 1) that a meter still has not taken on what is wanted of it: as with a task, first a
 * reminder, then one level up (policy "tasks"), then every week for as long as it lasts (design, "Programming a meter").
 */
export function awayToldAt({ since, zone, terms }: AwaySince, times: number): IsoInstant {
  const reminded = addToInstant(since, terms.remindAfter, zone)
  if (times <= 1) return reminded
  const raised = addToInstant(reminded, terms.escalateAfter, zone)
  return times === 2 ? raised : addToInstant(raised, `P${EVERY_WEEK * (times - 2)}D`, zone)
}

/** How often people should have been told by now, and when the next time is. */
export function awayRungs(away: AwaySince, asOf: IsoInstant): { times: number; nextAt: IsoInstant } {
  let times = 0
  let nextAt = awayToldAt(away, 1)
  while (nextAt <= asOf) {
    times += 1
    nextAt = awayToldAt(away, times + 1)
  }
  return { times, nextAt }
}

/** Who is told the nth time. */
export function awayTold(times: number): Role {
  return times <= 1 ? 'operator' : 'cluster-in-charge'
}
