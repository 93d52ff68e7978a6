import path from 'node:path'
import { dataFolder, readJson, writeJson } from '../files.ts'

/** What the people of the village remember over a restart beside what the API tells them: which errands they ran. */
export interface Notebook {
  /** Runs an errand once for ever; one that says false, or throws, is run again at the next look. */
  once(errand: string, run: () => Promise<boolean>): Promise<void>
  has(errand: string): boolean
  note(name: string, value: string): void
  read(name: string): string | undefined
  save(): void
}

interface Pages {
  readonly errands: string[]
  readonly notes: Record<string, string>
}

/** Errands older than these are not remembered: their business days lie months back. */
const REMEMBERED = 20_000

export function openNotebook(): Notebook {
  const file = path.join(dataFolder(), 'people.json')
  const before = readJson<Pages>(file) ?? { errands: [], notes: {} }
  const errands = new Set(before.errands)
  const running = new Set<string>()
  const notes = { ...before.notes }
  let isNew = false
  return {
    once: async (errand, run) => {
      if (errands.has(errand) || running.has(errand)) return
      running.add(errand)
      try {
        if (await run()) {
          errands.add(errand)
          isNew = true
        }
      } finally {
        running.delete(errand)
      }
    },
    has: (errand) => errands.has(errand),
    note: (name, value) => {
      if (notes[name] === value) return
      notes[name] = value
      isNew = true
    },
    read: (name) => notes[name],
    save: () => {
      if (!isNew) return
      isNew = false
      writeJson(file, { errands: [...errands].slice(-REMEMBERED), notes })
    },
  }
}
