import { addToInstant } from './calendar.ts'
import type { IsoInstant, Zone } from './calendar.ts'
import type { PlantPolicy } from './policy.ts'
import { levelUp, type Role, ROLES } from './roles.ts'

/** Since when a process waits for somebody, how often people were told, and under which terms of the plant. */
export type WaitingSince = {
  readonly since: IsoInstant
  /** How often somebody was told that it still waits. */
  readonly chased: number
  readonly zone: Zone
  readonly terms: PlantPolicy['waiting']
}

/** True for a role of staff: somebody who can be reminded, and who can give it to another. */
export function isStaffRole(waitingFor: string | null | undefined): waitingFor is Exclude<Role, 'customer'> {
  return waitingFor !== 'customer' && ROLES.some((role) => role === waitingFor)
}

/** When people are told next that a process still waits: a reminder, one level up, and then again and again (policy "tasks"). */
export function nextChaseAt({ since, chased, zone, terms }: WaitingSince): IsoInstant {
  if (chased === 0) return addToInstant(since, terms.remindAfter, zone)
  let at = addToInstant(since, terms.escalateAfter, zone)
  for (let times = 1; times < chased; times += 1) at = addToInstant(at, terms.againEvery, zone)
  return at
}

/** Who is told the nth time (from 1): those it waits for, then a level higher each time, up to the head office. Silence never approves. */
export function chasedRole(role: Role, times: number): Role {
  return times <= 1 ? role : chasedRole(levelUp(role), times - 1)
}
