import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { MeterMemory } from './meter-memory.ts'

export type FleetMemory = Readonly<Record<string, MeterMemory>>

/** Where the meters of a fleet keep their flash. */
export interface MemoryStore {
  /** All meters by serial; empty at the first start. */
  load(): Promise<FleetMemory>
  save(memory: FleetMemory): Promise<void>
}

/**
 * One JSON file, replaced atomically: a crash leaves the old or the new one.
 * A file that cannot be read stops the fleet; starting the registers afresh would turn them back.
 */
export function fileMemoryStore(path: string): MemoryStore {
  return {
    load: async () => {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null
        throw error
      })
      return text === null ? {} : parseMemory(text, path)
    },
    save: async (memory) => {
      await mkdir(dirname(path), { recursive: true })
      const next = `${path}.next`
      const file = await open(next, 'w')
      try {
        await file.writeFile(JSON.stringify({ v: 1, meters: memory }))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(next, path)
    },
  }
}

/** Keeps nothing beyond the process; for tests, which may hand the same store to a second fleet. */
export function volatileMemoryStore(): MemoryStore {
  let kept: FleetMemory = {}
  return {
    load: () => Promise.resolve(kept),
    save: (memory) => {
      kept = structuredClone(memory)
      return Promise.resolve()
    },
  }
}

/**
 * Saves one at a time; whoever asks while a save runs shares the next one.
 * The promise resolves when a save that began after the call is on disk.
 */
export function groupedSaver(save: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | null = null
  return () => {
    waiting ??= running
      .catch(() => undefined)
      .then(() => {
        waiting = null
        running = save()
        return running
      })
    return waiting
  }
}

function parseMemory(text: string, path: string): FleetMemory {
  try {
    const file = JSON.parse(text) as { v: number; meters: FleetMemory }
    if (file.v === 1) return file.meters
  } catch {
    // Told below, with the path.
  }
  throw new Error(`${path} is not the memory of a fleet; move it away to start the meters afresh`)
}
