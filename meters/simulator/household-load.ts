import { chance } from './chance.ts'
import type { DemandWh } from './profile.ts'

const SLOT_MS = 30 * 60_000
const HOURS_PER_SLOT = 0.5
const SLOTS_A_DAY = 48

/** An appliance: how many houses own one, and in which hours of the day it is on for how much of the time. */
interface Appliance {
  readonly name: string
  readonly powerW: number
  readonly owned: number
  readonly windows: readonly { readonly fromH: number; readonly toH: number; readonly use: number }[]
}

const APPLIANCES: readonly Appliance[] = [
  {
    name: 'lights',
    powerW: 21,
    owned: 1,
    windows: [
      { fromH: 4.5, toH: 6.5, use: 0.6 },
      { fromH: 18, toH: 23, use: 0.8 },
    ],
  },
  { name: 'phone', powerW: 5, owned: 0.9, windows: [{ fromH: 8, toH: 22, use: 0.3 }] },
  {
    name: 'fan',
    powerW: 40,
    owned: 0.6,
    windows: [
      { fromH: 11, toH: 16, use: 0.5 },
      { fromH: 20, toH: 24, use: 0.6 },
    ],
  },
  { name: 'television', powerW: 60, owned: 0.35, windows: [{ fromH: 17, toH: 22, use: 0.6 }] },
  { name: 'refrigerator', powerW: 90, owned: 0.1, windows: [{ fromH: 0, toH: 24, use: 0.4 }] },
  { name: 'mixer', powerW: 300, owned: 0.15, windows: [{ fromH: 6, toH: 9, use: 0.1 }] },
]

/** What one household wants, appliance by appliance, as RAMP draws it; the same seed and serial want the same. */
export function householdDemand(seed: number, serial: string): DemandWh {
  const owned = APPLIANCES.filter(({ name, owned }) => chance(seed, [serial, name, 'owned']) < owned)
  return (localSlotStartMs) => {
    const slot = Math.floor(localSlotStartMs / SLOT_MS)
    const hour = (((slot % SLOTS_A_DAY) + SLOTS_A_DAY) % SLOTS_A_DAY) * HOURS_PER_SLOT
    return owned.reduce((sum, { name, powerW, windows }) => {
      const use = windows.find(({ fromH, toH }) => fromH <= hour && hour < toH)?.use ?? 0
      return chance(seed, [serial, name, slot]) < use ? sum + powerW * HOURS_PER_SLOT : sum
    }, 0)
  }
}
