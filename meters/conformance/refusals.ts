import type { AckMessage, ReasonCode, SetDesiredCommand } from '../messages.ts'
import { ackWords, answerTo, currentState, setDesired } from './bench.ts'
import type { Bench, Settings } from './bench.ts'
import { changeSince, conditionOf } from './condition.ts'
import { supplied } from './obedience.ts'
import { PASSED, failed, notTested, unless } from './verdict.ts'
import type { Verdict, Verdicts } from './verdict.ts'

const A_DAY_AGO_MS = -86_400_000

export async function examineStale(bench: Bench): Promise<Verdicts> {
  const appliedVersion = currentState(bench)?.applied_version ?? 0
  if (appliedVersion < 2) return { staleRefused: notTested('no version is in force that another could be below') }
  const command = { ...setDesired(bench, other(bench)), desired_version: appliedVersion - 1 }
  return { staleRefused: await refusal(bench, command, 'STALE_VERSION') }
}

export async function examineExpired(bench: Bench): Promise<Verdicts> {
  return { expiredRefused: await refusal(bench, setDesired(bench, other(bench), A_DAY_AGO_MS), 'EXPIRED') }
}

/** A command of a later edition of the contract: all that is known stays in force. */
export async function examineUnknownFields(bench: Bench): Promise<Verdicts> {
  if (!bench.applies) return { unknownFields: notTested('set_desired was not applied') }
  const command = setDesired(bench, other(bench))
  const later = { ...command, new_in_2031: { a: 1 }, args: { ...command.args, new_in_2032: [1, 2] } }
  const ack = await answerTo(bench, later)
  const isInForce = (): true | undefined => currentState(bench)?.applied_version === command.desired_version || undefined
  if (await bench.wire.wait(isInForce, bench.waitMs)) return { unknownFields: PASSED }
  return { unknownFields: failed(`${ackWords(ack)}, and it is not in force`) }
}

export async function examineUnknownCommand(bench: Bench): Promise<Verdicts> {
  const command = { ...setDesired(bench, other(bench)), name: 'make_tea' }
  return { unknownCommand: await ignored(bench, [command], ['UNSUPPORTED']) }
}

export async function examineMalformed(bench: Bench): Promise<Verdicts> {
  const command = setDesired(bench, other(bench))
  const { args, ...withoutArgs } = command
  const { active_to: _left, ...halfTheArgs } = args
  const wrong = [
    Buffer.alloc(0),
    Buffer.from('{"v":1,'),
    Buffer.from([0xff, 0xfe, 0x00]),
    'switch off',
    withoutArgs,
    { ...command, args: halfTheArgs },
    { ...command, args: { ...args, load_limit_w: '60' } },
    { ...command, args: { ...args, relay: 'toggle' } },
    { ...command, v: 2 },
  ]
  return { malformedCommand: await ignored(bench, wrong, ['INVALID_ARGUMENT', 'UNSUPPORTED']) }
}

/** Settings that could not be mistaken for those in force. */
function other(bench: Bench): Settings {
  const state = currentState(bench)
  return supplied(bench, { relay: state?.relay_mode === 'open' ? 'auto' : 'open', load_limit_w: (state?.load_limit_w ?? 0) + 10 })
}

async function refusal(bench: Bench, command: SetDesiredCommand, code: ReasonCode): Promise<Verdict> {
  const before = conditionOf(currentState(bench))
  const ack = await answerTo(bench, command)
  const change = await changeSince(bench, before)
  if (change !== undefined) return failed(`${ackWords(ack)}, and ${change}`)
  return unless(ack?.status === 'REJECTED' && ack.reason?.code === code ? undefined : ackWords(ack))
}

/** Sends what is not to be obeyed. An ack is not asked for; one that comes must refuse with one of the codes. */
async function ignored(bench: Bench, payloads: readonly unknown[], codes: readonly ReasonCode[]): Promise<Verdict> {
  const { wire, plant } = bench
  const before = conditionOf(currentState(bench))
  const since = wire.heard().length
  const sent = new Set<unknown>(payloads.map((payload) => (isCommand(payload) ? payload.command_id : undefined)))
  for (const payload of payloads) await wire.publish(plant, bytesOf(payload))
  const change = await changeSince(bench, before)
  if (change !== undefined) return failed(change)
  const acks = wire
    .heard()
    .slice(since)
    .flatMap((message) => (message.leaf === 'ack' && sent.has(message.message.command_id) ? [message.message] : []))
  const wrong = acks.find((ack) => !isRefusal(ack, codes))
  return unless(wrong && ackWords(wrong))
}

function isRefusal({ status, reason }: AckMessage, codes: readonly ReasonCode[]): boolean {
  return (status === 'REJECTED' || status === 'FAILED') && reason !== undefined && codes.includes(reason.code)
}

function isCommand(payload: unknown): payload is Pick<SetDesiredCommand, 'command_id'> {
  return typeof payload === 'object' && payload !== null && 'command_id' in payload
}

function bytesOf(payload: unknown): Buffer {
  return Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload))
}
