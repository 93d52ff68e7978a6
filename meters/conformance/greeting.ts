import type { Bench } from './bench.ts'
import { onDemandSince, readNow, ackWords, answerTo } from './bench.ts'
import type { Verdict, Verdicts } from './verdict.ts'
import { PASSED, failed } from './verdict.ts'

/** What a late subscriber learns from the broker alone. */
export async function examineGreeting(bench: Bench): Promise<Verdicts> {
  const { wire, plant, waitMs } = bench
  const status = await wire.retained(plant, 'status', waitMs)
  const state = await wire.retained(plant, 'state', waitMs)
  return {
    statusRetained: status?.leaf === 'status' ? onlineVerdict(status.message.online) : unreadableOr(status, 'status'),
    stateRetained: state?.leaf === 'state' ? PASSED : unreadableOr(state, 'state'),
  }
}

export async function examineReadNow(bench: Bench): Promise<Verdicts> {
  const since = bench.wire.heard().length
  const ack = await answerTo(bench, readNow())
  if (ack?.status !== 'SUCCEEDED') return { readNow: failed(ackWords(ack)) }
  const reading = await bench.wire.wait(() => onDemandSince(bench, since)[0], bench.waitMs)
  bench.reads = reading !== undefined
  return { readNow: reading ? PASSED : failed('it was acknowledged, and no readable on_demand reading came') }
}

function onlineVerdict(online: boolean): Verdict {
  return online ? PASSED : failed('the meter answers, but its retained status says online false')
}

type Retained = Awaited<ReturnType<Bench['wire']['retained']>>

function unreadableOr(message: Retained, leaf: string): Verdict {
  if (message?.leaf !== 'unreadable') return failed(`the broker retains no ${leaf}`)
  return failed(`the retained ${leaf} does not fit: ${message.problem.detail}`)
}
