import { businessAt, type ClockSegment, nextSegment } from '../../domain/business-time.ts'
import { instantFromMs, msOf } from '../../domain/calendar.ts'

/** A month of the village in about three minutes. */
export const DEFAULT_SPEED = 14_400
/** How often the relay notes that a sandbox lives (wall time). */
export const BEAT_MS = 1_000
/** Silent for longer than this, it was killed. */
const DEAD_AFTER_MS = 5 * BEAT_MS

export type ReasonedSegment = ClockSegment & { readonly reason: string }

interface Sandbox {
  readonly segments: readonly ClockSegment[]
  /** When the sandbox last said that it lives; undefined when it never did. */
  readonly heartbeatMs: number | undefined
  readonly wallMs: number
}

/**
 * The rows that set a sandbox going at a speed. One that was killed is first stopped where it last lived: business time that
 * nobody lived is not lived (design, "Time").
 */
export function segmentsToStart(sandbox: Sandbox & { readonly speed: number }): ReasonedSegment[] {
  const { segments, wallMs, speed } = sandbox
  const killed = segmentIfKilled(sandbox)
  const before = killed === undefined ? segments : [...segments, killed]
  const start = { ...nextSegment({ segments: before, wallMs: afterLast(before, wallMs), speed }), reason: 'start' }
  return killed === undefined ? [start] : [killed, start]
}

/** The row that stops a sandbox; undefined when it stands already. */
export function segmentToStop({ segments, wallMs }: Omit<Sandbox, 'heartbeatMs'>): ReasonedSegment | undefined {
  if ((segments.at(-1)?.speed ?? 0) === 0) return undefined
  return { ...nextSegment({ segments, wallMs: afterLast(segments, wallMs), speed: 0 }), reason: 'stop' }
}

/** The row that stops a sandbox which was killed where it last lived; undefined when it stands or lives. */
export function segmentIfKilled({ segments, heartbeatMs, wallMs }: Sandbox): ReasonedSegment | undefined {
  const last = segments.at(-1)
  if (last === undefined || last.speed === 0) return undefined
  // A beat says that it lived up to the next one; whoever was faster by less than a beat must not see time run back.
  const livedUntilMs = Math.max(msOf(last.wallFrom) + 1, (heartbeatMs ?? 0) + BEAT_MS)
  if (livedUntilMs + DEAD_AFTER_MS >= wallMs) return undefined
  return { wallFrom: instantFromMs(livedUntilMs), businessFrom: businessAt(segments, livedUntilMs), speed: 0, reason: 'killed' }
}

/** Rows have a wall time each, and in order. */
function afterLast(segments: readonly ClockSegment[], wallMs: number): number {
  const last = segments.at(-1)
  return last === undefined ? wallMs : Math.max(wallMs, msOf(last.wallFrom) + 1)
}
