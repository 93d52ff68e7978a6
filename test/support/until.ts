import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_EVERY_MS = 25

/** Looks until the assertions hold; after the deadline their last failure is the test's. */
export async function until(assertions: () => Promise<void> | void, withinMs = 15_000): Promise<void> {
  const deadlineMs = Date.now() + withinMs
  for (;;) {
    try {
      await assertions()
      return
    } catch (error) {
      if (Date.now() > deadlineMs) throw error
    }
    await sleep(LOOK_EVERY_MS)
  }
}
