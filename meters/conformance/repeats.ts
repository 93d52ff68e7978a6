import { isDeepStrictEqual } from 'node:util'
import { answerTo, currentState, onDemandSince, readNow } from './bench.ts'
import type { Applied, Bench } from './bench.ts'
import { changeSince, conditionOf } from './condition.ts'
import { PASSED, failed, notTested, unless } from './verdict.ts'
import type { Verdict, Verdicts } from './verdict.ts'

/** Sends the first command of the run once more, now that a newer one is in force, and a read_now twice. */
export async function examineRepeats(bench: Bench, first: Applied | null): Promise<Verdicts> {
  const { command, ack } = first ?? {}
  if (command === undefined || ack === undefined) {
    const because = notTested('the command to be repeated got no ack')
    return { repeatAnswered: because, repeatHarmless: because }
  }
  const before = conditionOf(currentState(bench))
  const again = await answerTo(bench, command)
  const isAlike = again !== undefined && isDeepStrictEqual(again, ack)
  const words = again === undefined ? 'no ack came' : `first ${JSON.stringify(ack)}, then ${JSON.stringify(again)}`
  const change = await changeSince(bench, before)
  return {
    repeatAnswered: unless(isAlike ? undefined : words),
    repeatHarmless: change === undefined ? await readOnce(bench) : failed(change),
  }
}

/** Where no reading can be read, there is none to count: that is told elsewhere. */
async function readOnce(bench: Bench): Promise<Verdict> {
  if (!bench.reads) return PASSED
  const command = readNow()
  const since = bench.wire.heard().length
  await answerTo(bench, command)
  await bench.wire.wait(() => onDemandSince(bench, since)[0], bench.waitMs)
  await answerTo(bench, command)
  const second = await bench.wire.wait(() => onDemandSince(bench, since)[1], bench.quietMs)
  return unless(second && `read_now sent twice took a second reading, seq ${second.seq}`)
}
