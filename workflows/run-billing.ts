import type { IssueResult } from '../activities/issue-bills.ts'
import { addToInstant } from '../domain/calendar.ts'
import type { PackageMode } from '../domain/package.ts'
import { facts, sets } from './activity-proxies.ts'
import { type Procedure, procedure } from './procedure.ts'

export interface RunBillingInput {
  readonly plant: string
  readonly boundary: string
}

const MODES = ['prepaid', 'postpaid'] as const satisfies readonly PackageMode[]
/** How often a run looks again for boundary registers that come by themselves. */
const LOOK_AGAIN_AFTER = 'PT6H'

/**
 * Bills a plant at one boundary: advances for the period that begins there, post-paid bills for the one that ends (design, "Two
 * lanes, one path"). One set of up to 200 at a time; who must wait gets a cycle of its own. It ends when everybody is issued,
 * waiting or parked, and may be started as often as one likes: who is billed is not billed again.
 */
export async function runBilling(input: RunBillingInput): Promise<string> {
  return procedure({ ...input, input: { ...input } }, async (p) => {
    for (;;) {
      let pending = 0
      for (const mode of MODES) pending += await billEverybody(p, input, mode)
      if (pending === 0) return 'Done'
      await lookAgainLater(p, input, pending)
    }
  })
}

/** Goes through the customers by their IDs and returns how many meters may still send their register by themselves. */
async function billEverybody(p: Procedure, { plant, boundary }: RunBillingInput, mode: PackageMode): Promise<number> {
  let after = ''
  let pending = 0
  for (;;) {
    const asOf = await p.now()
    const connectionIds = await facts.nextBillingSet({ plant, boundary, mode, after, asOf })
    const last = connectionIds.at(-1)
    if (last === undefined) return pending
    const result: IssueResult = await sets.issueBills({ plant, boundary, mode, connectionIds, asOf })
    pending += result.pending.length
    after = last
    await p.stage('Issuing', { details: await progress({ plant, boundary, asOf }) })
  }
}

async function lookAgainLater(p: Procedure, input: RunBillingInput, pending: number): Promise<void> {
  const asOf = await p.now()
  // Durations of hours are the same in every zone.
  const until = addToInstant(asOf, LOOK_AGAIN_AFTER, 'UTC')
  const details = `${await progress({ ...input, asOf })} · ${pending} registers may still come`
  const summary = `registers of ${pending} meters`
  await p.waitFor({
    read: (at) => Promise.resolve(at),
    enough: (at) => at >= until,
    until,
    stage: { name: 'AwaitingRegisters', waitingFor: 'meter', dueAt: until, details },
    summary,
  })
}

async function progress(of: RunBillingInput & { asOf: string }): Promise<string> {
  const { issued, waiting, parked } = await facts.countBilling(of)
  return `${issued} issued · ${waiting} waiting · ${parked} parked`
}
