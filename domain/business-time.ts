import { instantFromMs, msOf } from './calendar.ts'
import type { IsoInstant } from './calendar.ts'
import { DomainError } from './errors.ts'

/** From `wallFrom` on, business time goes on from `businessFrom` at `speed` (1 = real time, 0 = stopped). Rows are only appended. */
export type ClockSegment = { readonly wallFrom: IsoInstant; readonly businessFrom: IsoInstant; readonly speed: number }

type Run = { wallMs: number; businessMs: number; speed: number; untilMs: number }

/** Business time at a wall time. It never goes back: a row that would turn it back waits for it instead (design "Time"). */
export function businessAt(segments: readonly ClockSegment[], wallMs: number): IsoInstant {
  return instantFromMs(businessMsAt(runsOf(segments), wallMs))
}

/** The first wall time at which it is that business time or later; undefined while the clock is stopped before it. */
export function wallFor(segments: readonly ClockSegment[], businessInstant: IsoInstant): number | undefined {
  const target = msOf(businessInstant)
  const runs = runsOf(segments)
  for (const run of runs) {
    const wall = firstWallIn(run, target)
    if (wall !== undefined && wall < run.untilMs) return wall
  }
  return undefined
}

/** The row that starts, stops or changes the speed of a clock at a wall time, leaving business time without a jump. */
export function nextSegment({
  segments,
  wallMs,
  speed,
}: {
  segments: readonly ClockSegment[]
  wallMs: number
  speed: number
}): ClockSegment {
  return { wallFrom: instantFromMs(wallMs), businessFrom: businessAt(segments, wallMs), speed: checkedSpeed(speed) }
}

function runsOf(segments: readonly ClockSegment[]): Run[] {
  if (segments.length === 0) throw new DomainError('INVALID_INPUT', 'A clock needs at least one segment')
  const rows = segments.map((row) => ({
    wallMs: msOf(row.wallFrom),
    businessMs: msOf(row.businessFrom),
    speed: checkedSpeed(row.speed),
  }))
  const runs: Run[] = []
  for (const row of rows.toSorted((a, b) => a.wallMs - b.wallMs)) {
    const before = runs.at(-1)
    const reached = before ? valueIn(before, row.wallMs) : row.businessMs
    if (before) before.untilMs = row.wallMs
    runs.push({ ...row, businessMs: Math.max(reached, row.businessMs), untilMs: Infinity })
  }
  return runs
}

function businessMsAt(runs: readonly Run[], wallMs: number): number {
  const run = runs.findLast(({ wallMs: from }) => from <= wallMs) ?? runs[0]
  if (!run) throw new DomainError('INVALID_INPUT', 'A clock needs at least one segment')
  return valueIn(run, Math.max(wallMs, run.wallMs))
}

function valueIn(run: Run, wallMs: number): number {
  return run.businessMs + Math.floor((wallMs - run.wallMs) * run.speed)
}

/** Estimates by division, then corrects the last millisecond that floating point may have got wrong. */
function firstWallIn(run: Run, targetMs: number): number | undefined {
  if (targetMs <= run.businessMs) return run.wallMs
  if (run.speed === 0) return undefined
  let wall = run.wallMs + Math.ceil((targetMs - run.businessMs) / run.speed)
  while (wall > run.wallMs && valueIn(run, wall - 1) >= targetMs) wall -= 1
  while (valueIn(run, wall) < targetMs) wall += 1
  return wall
}

function checkedSpeed(speed: number): number {
  if (!Number.isFinite(speed) || speed < 0) throw new DomainError('INVALID_INPUT', 'A clock runs forward or stands', { speed })
  return speed
}
