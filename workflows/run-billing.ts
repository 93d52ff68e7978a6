import type { AwaitedRegisters } from '../activities/billing.ts'
import type { IssueResult } from '../activities/issue-bills.ts'
import type { PackageMode } from '../domain/package.ts'
import { facts, sets } from './activity-proxies.ts'
import { type Procedure, procedure } from './procedure.ts'

export interface RunBillingInput {
  readonly plant: string
  readonly boundary: string
}

const MODES = ['prepaid', 'postpaid'] as const satisfies readonly PackageMode[]

/**
 * Bills a plant at one boundary: advances for the period that begins there, post-paid bills for the one that ends (design, "Two
 * lanes, one path"). One set of up to 200 at a time; who must wait gets a cycle of its own. It ends when everybody is issued,
 * waiting or parked, and may be started as often as one likes: who is billed is not billed again.
 */
export async function runBilling(input: RunBillingInput): Promise<string> {
  return procedure({ ...input, input: { ...input } }, async (p) => {
    let known: readonly string[] = []
    for (;;) {
      // Counted before the look: a register that comes during it is found missing here, and wakes the wait at once.
      const before = known.length === 0 ? undefined : await readAwaited(p, input, known)
      const pending: string[] = []
      for (const mode of MODES) pending.push(...(await billEverybody(p, input, mode)))
      if (pending.length === 0) return 'Done'
      if (before !== undefined && pending.join() === known.join()) await awaitRegisters(p, input, { pending, before })
      known = pending
    }
  })
}

/** Goes through the customers by their IDs and returns those whose meters may still send their register by themselves. */
async function billEverybody(p: Procedure, { plant, boundary }: RunBillingInput, mode: PackageMode): Promise<string[]> {
  let after = ''
  const pending: string[] = []
  for (;;) {
    const asOf = await p.now()
    const connectionIds = await facts.nextBillingSet({ plant, boundary, mode, after, asOf })
    const last = connectionIds.at(-1)
    if (last === undefined) return pending
    const result: IssueResult = await sets.issueBills({ plant, boundary, mode, connectionIds, asOf })
    pending.push(...result.pending)
    after = last
    await p.stage('Issuing', { details: await progress({ plant, boundary, asOf }) })
  }
}

interface Awaiting {
  readonly pending: readonly string[]
  readonly before: AwaitedRegisters
}

/** Goes on as soon as one of the registers has come, or when it is time for customers to wait for theirs alone. */
async function awaitRegisters(p: Procedure, input: RunBillingInput, { pending, before }: Awaiting): Promise<void> {
  const { missing, topics, lookAgainAt: until } = before
  const details = `${await progress({ ...input, asOf: await p.now() })} · ${pending.length} registers may still come`
  await p.waitFor({
    read: (asOf) => facts.readRegistersAwaited({ ...input, connectionIds: pending, asOf }),
    enough: (now) => now.missing < missing,
    until,
    stage: { name: 'AwaitingRegisters', waitingFor: 'meter', dueAt: until, topics, details },
    summary: `registers of ${pending.length} meters`,
  })
}

async function readAwaited(p: Procedure, input: RunBillingInput, connectionIds: readonly string[]): Promise<AwaitedRegisters> {
  return facts.readRegistersAwaited({ ...input, connectionIds, asOf: await p.now() })
}

async function progress(of: RunBillingInput & { asOf: string }): Promise<string> {
  const { issued, waiting, parked } = await facts.countBilling(of)
  return `${issued} issued · ${waiting} waiting · ${parked} parked`
}
