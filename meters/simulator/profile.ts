import { readFileSync } from 'node:fs'

const SLOT_MS = 30 * 60_000

/** The energy a household wants in the half hour that starts at this plant-local time, in Wh (may be fractional). */
export type DemandWh = (localSlotStartMs: number) => number

export interface LoadProfiles {
  readonly names: readonly string[]
  /** Demand of one column times the customer's scale. Throws RangeError for a column the file does not have. */
  demand(name: string, loadScale: number): DemandWh
}

/**
 * Reads a load file once: first column `interval_start` (plant-local, every half hour), then one column of Wh per household.
 * Time before or after the file wraps around it. "Local milliseconds" are the wall clock read as if it were UTC.
 */
export function loadProfiles(path: string): LoadProfiles {
  return parseProfiles(readFileSync(path, 'utf8'))
}

/** As `loadProfiles`, from the text itself. Throws RangeError naming the line that does not fit. */
export function parseProfiles(text: string): LoadProfiles {
  const [header = '', ...lines] = text.trimEnd().split(/\r?\n/)
  const names = header.split(',').slice(1)
  const startMs = Date.parse(`${lines[0]?.split(',')[0] ?? ''}Z`)
  if (names.length === 0 || !Number.isFinite(startMs)) throw new RangeError('load file has no columns or no first half hour')
  const columns = names.map(() => new Float64Array(lines.length))
  lines.forEach((line, slot) => {
    const [start = '', ...cells] = line.split(',')
    if (Date.parse(`${start}Z`) !== startMs + slot * SLOT_MS)
      throw new RangeError(`load file line ${slot + 2}: expected the next half hour`)
    columns.forEach((column, index) => {
      column[slot] = wattHours(cells[index], slot + 2)
    })
  })
  const byName = new Map(names.map((name, index) => [name, columns[index]]))
  return {
    names,
    demand: (name, loadScale) => {
      const column = byName.get(name)
      if (!column) throw new RangeError(`load file has no column ${name}`)
      return (localSlotStartMs) => loadScale * (column[wrapped((localSlotStartMs - startMs) / SLOT_MS, column.length)] ?? 0)
    },
  }
}

function wattHours(cell: string | undefined, line: number): number {
  const value = Number(cell)
  if (cell === undefined || cell === '' || !(value >= 0)) throw new RangeError(`load file line ${line}: not an energy`)
  return value
}

function wrapped(slot: number, length: number): number {
  const rest = Math.floor(slot) % length
  return rest < 0 ? rest + length : rest
}
