import type { StateMessage } from '../messages.ts'
import { ackWords, apply, currentState } from './bench.ts'
import type { Applied, Bench, Settings } from './bench.ts'
import { clockOf, instantFrom, timeOfDayFrom } from './meter-time.ts'
import { PASSED, failed, notTested, unless } from './verdict.ts'
import type { Verdict, Verdicts } from './verdict.ts'

const HOUR_MIN = 60
const DAY_MIN = 24 * HOUR_MIN
const LIMIT_W = 500
const OTHER_LIMIT_W = 450

const NOT_APPLIED = notTested('set_desired was not applied')

/** Supply around the clock: what the other settings of the run differ from in one thing at a time. */
export function supplied(bench: Bench, more: Partial<Settings> = {}): Settings {
  const utcOffsetMin = currentState(bench)?.utc_offset_min ?? 0
  const whole = { active_from: '00:00', active_to: '24:00', utc_offset_min: utcOffsetMin, relay: 'auto' as const }
  return { load_limit_w: LIMIT_W, ...whole, ...more }
}

/** The first command: every setting at once, none of them as it was. */
export async function examineDesired(bench: Bench): Promise<{ readonly verdicts: Verdicts; readonly applied: Applied | null }> {
  const before = currentState(bench)
  if (before === undefined) return { verdicts: withoutState(), applied: null }
  const applied = await apply(bench, {
    load_limit_w: before.load_limit_w === LIMIT_W ? OTHER_LIMIT_W : LIMIT_W,
    active_from: timeOfDayFrom(before, -HOUR_MIN),
    active_to: timeOfDayFrom(before, 2 * HOUR_MIN),
    utc_offset_min: before.utc_offset_min,
    relay: 'auto',
    valid_until: instantFrom(before, DAY_MIN),
  })
  bench.applies = applied.state !== undefined
  const verdicts = {
    desiredApplied: unless(applied.problem),
    desiredAcknowledged: bench.applies ? acknowledged(applied) : NOT_APPLIED,
    stateCurrent: await current(bench),
  }
  return { verdicts, applied }
}

export async function examineLimit(bench: Bench): Promise<Verdicts> {
  const limitW = currentState(bench)?.load_limit_w === OTHER_LIMIT_W ? LIMIT_W : OTHER_LIMIT_W
  return { limitReported: await after(bench, { load_limit_w: limitW }, () => undefined) }
}

export async function examineHold(bench: Bench): Promise<Verdicts> {
  return { holdOpens: await after(bench, { relay: 'open' }, (state) => openBecause(state, 'hold', ['open'])) }
}

export async function examineHours(bench: Bench): Promise<Verdicts> {
  const state = currentState(bench)
  if (state === undefined) return { hoursOpen: notTested('no state was ever heard') }
  const hours = { active_from: timeOfDayFrom(state, 3 * HOUR_MIN), active_to: timeOfDayFrom(state, 4 * HOUR_MIN) }
  return { hoursOpen: await after(bench, hours, (now) => openBecause(now, 'hours', ['armed', 'open'])) }
}

export async function examineValidity(bench: Bench): Promise<Verdicts> {
  const state = currentState(bench)
  if (state === undefined) return { validityOpens: notTested('no state was ever heard') }
  const ended = { valid_until: instantFrom(state, -HOUR_MIN) }
  return { validityOpens: await after(bench, ended, (now) => openBecause(now, 'expired', ['open'])) }
}

export async function examineAuto(bench: Bench): Promise<Verdicts> {
  const closed = (state: StateMessage): string | undefined =>
    state.relay === 'closed' ? undefined : `the contact is ${state.relay}, open_reason ${state.open_reason ?? 'left out'}`
  const verdict = await after(bench, {}, closed)
  const isTripped = verdict.result === 'failed' && currentState(bench)?.open_reason === 'overload'
  return { autoCloses: isTripped ? notTested('the load behind the meter is above the limit: it tripped') : verdict }
}

/** Applies settings and looks at the contact, which may follow a moment later in a state of its own. */
async function after(
  bench: Bench,
  more: Partial<Settings>,
  problemOf: (state: StateMessage) => string | undefined,
): Promise<Verdict> {
  if (!bench.applies) return NOT_APPLIED
  const applied = await apply(bench, supplied(bench, more))
  if (applied.problem !== undefined) return failed(applied.problem)
  const isAsWanted = (): StateMessage | undefined => {
    const state = currentState(bench)
    return state !== undefined && problemOf(state) === undefined ? state : undefined
  }
  if (await bench.wire.wait(isAsWanted, bench.waitMs)) return PASSED
  const state = currentState(bench)
  return unless(state && problemOf(state))
}

function openBecause(state: StateMessage, reason: string, contacts: readonly string[]): string | undefined {
  if (contacts.includes(state.relay) && state.open_reason === reason) return undefined
  return `at ${clockOf(state)} the contact is ${state.relay}, open_reason ${state.open_reason ?? 'left out'}`
}

function acknowledged({ command, ack }: Applied): Verdict {
  if (ack?.status !== 'SUCCEEDED') return failed(`it was applied, but ${ackWords(ack)}`)
  if (ack.applied_version >= command.desired_version) return PASSED
  return failed(`the ack says applied_version ${ack.applied_version}, not ${command.desired_version}`)
}

async function current(bench: Bench): Promise<Verdict> {
  const retained = await bench.wire.retained(bench.plant, 'state', bench.waitMs)
  if (retained?.leaf !== 'state') return notTested('no state is retained')
  const version = currentState(bench)?.applied_version
  const kept = retained.message.applied_version
  return kept === version ? PASSED : failed(`the broker retains version ${kept}, the newest state says ${version ?? 'nothing'}`)
}

function withoutState(): Verdicts {
  const unknown = notTested('no state was ever heard, so there is nothing to compare with')
  return { desiredApplied: failed('no state was ever heard'), desiredAcknowledged: unknown, stateCurrent: unknown }
}
