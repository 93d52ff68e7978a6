import type { StateMessage } from '../messages.ts'
import { answerTo, currentState, differences, onDemandSince, readNow, settingsOf } from './bench.ts'
import type { Bench, Settings } from './bench.ts'

/** What must not change when a command is refused or repeated. */
export interface Condition {
  readonly appliedVersion: number
  readonly settings: Settings
}

export function conditionOf(state: StateMessage | undefined): Condition | undefined {
  return state && { appliedVersion: state.applied_version, settings: settingsOf(state) }
}

/**
 * What has changed since, in words; undefined when nothing has. It first has a read_now answered: a meter answers in turn, so what
 * it had to say of the command before has been said by then. A meter that answers no more counts as changed.
 */
export async function changeSince(bench: Bench, before: Condition | undefined): Promise<string | undefined> {
  const since = bench.wire.heard().length
  const ack = await answerTo(bench, readNow())
  if (ack === undefined) return 'the meter answers no more'
  // Its reading may come after its ack, and must not be taken for the reading of a later command.
  if (bench.reads) await bench.wire.wait(() => onDemandSince(bench, since)[0], bench.waitMs)
  const after = conditionOf(currentState(bench))
  if (before === undefined || after === undefined) return undefined
  const differing = differences(before.settings, after.settings)
  if (differing.length > 0) return `afterwards ${differing.join(', ')}`
  if (before.appliedVersion === after.appliedVersion) return undefined
  return `afterwards state reports version ${after.appliedVersion}, not ${before.appliedVersion}`
}
