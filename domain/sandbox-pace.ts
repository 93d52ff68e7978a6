/** How a sandbox's clock runs beside how far the server is with it. Speeds are business time over wall time. */
export type PaceFacts = {
  /** What a person chose; 0 while the sandbox is stopped. */
  readonly chosenSpeed: number
  readonly currentSpeed: number
  /** Wall time since the speed last changed. */
  readonly sinceChangeMs: number
  /** Age of the oldest start or nudge that has not been sent, wall time; 0 when none waits. */
  readonly oldestUnsentMs: number
  readonly openProcesses: number
  /** Those among them that should have acted more than a business day ago. */
  readonly overdueProcesses: number
}

/** The next speed and why, or undefined to leave it. */
export type PaceChange = { readonly speed: number; readonly why: string }

const LATE_SENDING_MS = 5_000
const PROMPT_SENDING_MS = 1_000
/** A few processes are always late: someone's worker restarts, a page of the demo hangs. */
const TOLERATED_OVERDUE = 5
const TOLERATED_OVERDUE_SHARE = 0.05
const SLOWEST_SHARE = 1 / 8
/** A change needs time to show; getting faster too soon would only swing. */
const SLOW_DOWN_AFTER_MS = 10_000
const SPEED_UP_AFTER_MS = 20_000

/**
 * When the server falls behind, a sandbox slows down by half at a time, to an eighth at most, and gets faster the same way when
 * it has caught up (design "Time"). A clock that runs no faster than the world's is never touched.
 */
export function nextPace(facts: PaceFacts): PaceChange | undefined {
  const { chosenSpeed, currentSpeed, sinceChangeMs } = facts
  if (chosenSpeed <= 1 || currentSpeed <= 0) return undefined
  const behind = behindWhy(facts)
  if (behind !== undefined) {
    const speed = Math.max(chosenSpeed * SLOWEST_SHARE, currentSpeed / 2)
    return speed < currentSpeed && sinceChangeMs >= SLOW_DOWN_AFTER_MS ? { speed, why: behind } : undefined
  }
  if (currentSpeed >= chosenSpeed || sinceChangeMs < SPEED_UP_AFTER_MS || !isCaughtUp(facts)) return undefined
  return { speed: Math.min(chosenSpeed, currentSpeed * 2), why: 'caught up' }
}

function behindWhy(facts: PaceFacts): string | undefined {
  if (facts.oldestUnsentMs > LATE_SENDING_MS) return `oldest unsent nudge waits ${Math.round(facts.oldestUnsentMs / 1000)} s`
  if (facts.overdueProcesses > toleratedOverdue(facts)) return `${facts.overdueProcesses} processes more than a day overdue`
  return undefined
}

function isCaughtUp(facts: PaceFacts): boolean {
  return facts.oldestUnsentMs <= PROMPT_SENDING_MS && facts.overdueProcesses <= toleratedOverdue(facts) / 2
}

function toleratedOverdue({ openProcesses }: PaceFacts): number {
  return Math.max(TOLERATED_OVERDUE, openProcesses * TOLERATED_OVERDUE_SHARE)
}
