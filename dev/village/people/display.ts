import path from 'node:path'
import { utcOffsetMin } from '../../../domain/calendar.ts'
import { countEnergy } from '../../../meters/simulator/counting.ts'
import type { LoadProfiles } from '../../../meters/simulator/profile.ts'
import { dataFolder, readJson, type House, type VillageFile } from '../files.ts'
import type { Notebook } from './notebook.ts'

/** When a conventional meter was cut by hand and when it was lit again, as its technician remembers. */
interface Darkness {
  readonly fromMs: number
  readonly toMs: number | null
}

/** What a technician sees who stands before a meter. */
export interface Displays {
  /** Wh on the display; undefined for a limiter, which has none. */
  read(serial: string, nowMs: number): number | undefined
  /** Notes that a house was cut by hand, or lit again. */
  turn(customerId: string, to: 'dark' | 'lit', nowMs: number): void
}

interface MeterFile {
  readonly meters: Readonly<Record<string, { readonly register: { readonly wh: number } }>>
}

export function createDisplays(
  village: VillageFile,
  { profiles, notebook }: { profiles: LoadProfiles; notebook: Notebook },
): Displays {
  const houses = new Map(village.houses.map((house) => [house.serial, house]))
  const darkness = (customerId: string): Darkness[] => JSON.parse(notebook.read(`dark:${customerId}`) ?? '[]') as Darkness[]
  return {
    read: (serial, nowMs) => {
      if (serial.startsWith('LL')) return undefined
      const smart = readJson<MeterFile>(path.join(dataFolder(), 'meters.json'))?.meters[serial]?.register.wh
      const house = houses.get(serial)
      if (smart !== undefined) return smart
      return house === undefined ? 0 : counted(house, { village, profiles, nowMs, dark: darkness(house.customerId) })
    },
    turn: (customerId, to, nowMs) => {
      const spans = darkness(customerId)
      const last = spans.at(-1)
      const isDark = last !== undefined && last.toMs === null
      if (to === 'dark' && !isDark) spans.push({ fromMs: nowMs, toMs: null })
      if (to === 'lit' && isDark) spans.splice(-1, 1, { ...last, toMs: nowMs })
      notebook.note(`dark:${customerId}`, JSON.stringify(spans))
    },
  }
}

interface Counting {
  readonly village: VillageFile
  readonly profiles: LoadProfiles
  readonly nowMs: number
  readonly dark: readonly Darkness[]
}

/** The register of a meter that counts by itself and tells nobody: what its house drew since the start, outside its dark spans. */
function counted(house: House, { village, profiles, nowMs, dark }: Counting): number {
  const { startWh, profile, scale, loadLimitW, activeFrom, activeTo } = house
  const plantOffsetMin = utcOffsetMin(village.startsAt, village.zone)
  const supply = {
    loadLimitW,
    fromMin: minutes(activeFrom),
    toMin: minutes(activeTo),
    utcOffsetMin: plantOffsetMin,
    relayMode: 'auto' as const,
    validUntilMs: null,
  }
  const demandWh = profiles.demand(profile, scale)
  let register = { wh: startWh, rest: 0 }
  let fromMs = Date.parse(village.startsAt)
  for (const span of [...dark, { fromMs: nowMs, toMs: nowMs }]) {
    if (span.fromMs > fromMs)
      register = countEnergy({ register, supply, demandWh, span: { fromMs, toMs: span.fromMs, plantOffsetMin } })
    fromMs = Math.max(fromMs, span.toMs ?? nowMs)
  }
  return register.wh
}

function minutes(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}
