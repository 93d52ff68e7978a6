import { setTimeout as sleep } from 'node:timers/promises'

export interface LoopLog {
  warn(fields: object, text: string): void
}

export interface Loop {
  /** There may be work: look now. */
  wake(): void
  /** Lets the round in hand finish, then ends. */
  stop(): Promise<void>
}

export interface LoopOptions {
  readonly name: string
  /** How long it rests, at most, when there was nothing to do. */
  readonly everyMs: number
  /** One bounded round of work; while it returns more than 0 the next one follows at once. */
  readonly round: () => Promise<number>
  readonly log: LoopLog
}

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000

/**
 * Works whenever it is woken and at least every so often. Trouble (a database that is away) is logged, once for as long as it
 * lasts, and tried again after a growing pause: the process goes on.
 */
export function startLoop({ name, everyMs, round, log }: LoopOptions): Loop {
  const stopping = new AbortController()
  let rest = new AbortController()
  let isAwake = false
  let failures = 0

  const pause = async (ms: number): Promise<void> => {
    rest = new AbortController()
    if (isAwake || stopping.signal.aborted) return
    await sleep(ms, undefined, { signal: rest.signal }).catch(() => undefined)
  }
  const work = async (): Promise<boolean> => {
    try {
      const isMore = (await round()) > 0
      failures = 0
      return isMore
    } catch (error) {
      if (failures === 0) log.warn({ loop: name, err: error }, 'round failed; trying again until it does not')
      failures += 1
      return false
    }
  }
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      isAwake = false
      const isMore = await work()
      if (failures > 0) {
        // Being woken does not shorten this pause: what is broken would be hammered by those who wait for it.
        await sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10)), undefined, {
          signal: stopping.signal,
        }).catch(() => undefined)
      } else if (!isMore) await pause(everyMs)
    }
  }
  const ended = run()
  return {
    wake: () => {
      isAwake = true
      rest.abort()
    },
    stop: () => {
      stopping.abort()
      rest.abort()
      return ended
    },
  }
}
