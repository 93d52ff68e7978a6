import type { AdvanceCycle } from '../activities/advance-cycle.ts'
import { facts, work } from './activity-proxies.ts'
import { type BillCustomerInput, issueOne } from './issue-one.ts'
import type { Procedure } from './procedure.ts'
import { programMeter } from './program-meter.ts'
import { createProgressGuard } from './progress-guard.ts'

type At = BillCustomerInput & { readonly asOf: string }
type StepKind = Exclude<AdvanceCycle['next']['kind'], 'done' | 'wait' | 'issue'>

const STEPS: Readonly<Record<StepKind, (at: At) => Promise<void>>> = {
  'deliver-by-hand': (at) => work.deliverAdvanceByHand(at),
  lapse: (at) => work.lapseAdvance(at),
  settle: (at) => work.settleAdvance(at),
  'close-out': (at) => work.closeOutAdvance(at),
  earn: (at) => work.earnAdvance(at),
  relight: (at) => work.relightAfterLapse(at),
  'switch-by-hand': (at) => work.switchOffByHand(at),
  'record-switch': (at) => work.recordSwitchedOff(at),
  'tell-still-lit': (at) => work.tellStillLit(at),
}

/**
 * The part of a billing cycle that is pre-paid (policy "pre-paid"): an advance from its demand to the day it is earned; unpaid after
 * grace it is dark, paid it is lit at once. Where it was dark, it ends when the meter has said that it is lit.
 */
export async function followAdvance(p: Procedure, input: BillCustomerInput): Promise<string> {
  const assertProgress = createProgressGuard()
  for (;;) {
    const known = await facts.readAdvanceCycle({ ...input, asOf: await p.now() })
    const { next } = known
    if (next.kind === 'done') {
      await seeItLit(p, input, known)
      return next.outcome
    }
    assertProgress(known)
    if (next.kind === 'wait') await waitForChange(p, input, known)
    else if (next.kind === 'issue') await issueOne(p, input, 'prepaid')
    else await STEPS[next.kind]({ ...input, asOf: await p.now() })
  }
}

async function seeItLit(p: Procedure, input: BillCustomerInput, { relitVersion, isLit, zone }: AdvanceCycle): Promise<void> {
  if (relitVersion === null) return
  const { customerId, plant } = input
  const change = { customerId, plant, zone, version: relitVersion, step: `relight:${relitVersion}`, isDoneByHandIfRefused: true }
  // Where nobody had come to switch it off, nobody need come to switch it on.
  const { result } = isLit ? { result: 'applied' } : await programMeter(p, change)
  if (result === 'applied') await work.tellRelit({ ...input, asOf: await p.now() })
}

async function waitForChange(p: Procedure, input: BillCustomerInput, before: AdvanceCycle): Promise<void> {
  const { next, topics } = before
  if (next.kind !== 'wait') return
  const seen = JSON.stringify(before)
  await p.waitFor({
    read: (asOf) => facts.readAdvanceCycle({ ...input, asOf }),
    enough: (fact) => JSON.stringify(fact) !== seen,
    until: next.until,
    stage: { name: next.stage, waitingFor: next.waitingFor, dueAt: next.until, chasedBy: 'task', topics },
    summary: `${input.customerId}, advance for ${input.period}: ${next.stage}`,
  })
}
