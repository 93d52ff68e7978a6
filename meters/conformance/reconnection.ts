import type { Bench } from './bench.ts'
import { PASSED, failed, notTested } from './verdict.ts'
import type { Verdicts } from './verdict.ts'

const PERSON_WAIT_MS = 180_000

/** Whether the last will came; with `ask` a person is asked to cut the meter's power, without it only what happened by itself counts. */
export async function examineLastWill(bench: Bench, ask: (() => void) | undefined): Promise<Verdicts> {
  const { wire } = bench
  const since = ask === undefined ? 0 : wire.heard().length
  const said = (online: boolean, from: number): number | undefined => {
    const index = wire
      .heard()
      .findIndex(
        (message, at) => at >= from && message.leaf === 'status' && !message.retained && message.message.online === online,
      )
    return index < 0 ? undefined : index
  }
  ask?.()
  const left = await wire.wait(() => said(false, since), ask === undefined ? 0 : PERSON_WAIT_MS)
  if (left === undefined) {
    const because = 'the meter did not lose its connection; run with --reconnect and cut its power when asked'
    return {
      lastWill:
        ask === undefined ? notTested(because) : failed(`no status with online false came within ${PERSON_WAIT_MS / 1_000} s`),
    }
  }
  const back = await wire.wait(() => said(true, left), ask === undefined ? bench.waitMs : PERSON_WAIT_MS)
  return { lastWill: back === undefined ? failed('online false came, and the meter did not come back') : PASSED }
}
