import type { PriceChangeFacts } from '../activities/price-changes.ts'
import { facts, work } from './activity-proxies.ts'
import { defineDecision } from './decisions.ts'
import { type Procedure, procedure } from './procedure.ts'

export interface ChangePriceInput {
  readonly plant: string
  readonly priceChangeId: string
}

/** Somebody else at head office releases the price. */
export const releasePrice = defineDecision('releasePrice')
/** Somebody else at head office says no. */
export const rejectPrice = defineDecision('rejectPrice')
/** Whoever asked for it takes it back. */
export const withdrawPrice = defineDecision('withdrawPrice')

/**
 * A new price of a package (policy "price change"; billing.md rule 14): asked for at head office, released by a second person there, told to
 * everybody who has the package, and paid by each from a period's start, 30 days after they were told. Ends when nobody is on an older
 * version. Who joined, or changed to the package, under the old price meanwhile is told as well.
 */
export async function changePrice(input: ChangePriceInput): Promise<string> {
  const { plant, priceChangeId } = input
  return procedure({ plant, input: { ...input } }, async (p) => {
    const read = (asOf: string): Promise<PriceChangeFacts> => facts.readPriceChange({ priceChangeId, asOf })
    let known = await read(await p.now())
    acceptPriceDecisions(p, () => known)
    for (;;) {
      known = await read(await p.now())
      const { change, decision } = known
      if (change.endedAs !== null) return change.endedAs
      const at = { priceChangeId, asOf: await p.now() }
      if (change.releasedAt !== null) {
        if (await everybodyPays(p, known)) await work.endPriceChange({ ...at, asOf: await p.now(), as: 'Done' })
      } else if (decision === null) await waitForRelease(p, { known, read })
      else if (decision.verdict === 'approved') await work.releasePrice({ ...at, releasedBy: decision.decidedBy })
      else await work.endPriceChange({ ...at, as: decision.verdict === 'withdrawn' ? 'Withdrawn' : 'Rejected' })
    }
  })
}

async function waitForRelease(
  p: Procedure,
  { known, read }: { known: PriceChangeFacts; read: (asOf: string) => Promise<PriceChangeFacts> },
): Promise<void> {
  const { packageCode, wishedFrom, requestedBy, priceChangeId } = known.change
  await p.waitAsLongAsItTakes({
    read,
    enough: (fact) => fact.decision !== null || fact.change.endedAs !== null,
    stage: {
      name: 'Approval',
      waitingFor: 'head-office',
      barred: [requestedBy],
      details: `new price of ${packageCode} from ${wishedFrom}`,
    },
    summary: `release of ${priceChangeId}`,
  })
}

/** Tells, follows, and waits a day; true once the price is in force and nobody is on an older version. */
async function everybodyPays(
  p: Procedure,
  { change: { priceChangeId, packageCode, effectiveFrom } }: PriceChangeFacts,
): Promise<boolean> {
  const { waiting, isInForce, lookAgainAt } = await work.followPrice({ priceChangeId, asOf: await p.now() })
  if (isInForce && waiting === 0) return true
  if (lookAgainAt === null) return false
  await p.waitFor({
    read: (asOf) => Promise.resolve(asOf),
    enough: (asOf) => asOf >= lookAgainAt,
    until: lookAgainAt,
    stage: {
      name: 'Announced',
      waitingFor: 'clock',
      dueAt: lookAgainAt,
      details: `${packageCode} from ${effectiveFrom ?? '?'}: ${waiting} on an older version`,
    },
    summary: `the next look at the price of ${packageCode}`,
  })
  return false
}

function acceptPriceDecisions(p: Procedure, known: () => PriceChangeFacts): void {
  const isOwn = ({ by }: { by: string }): boolean => by === known().change.requestedBy
  const own = (input: { by: string }) =>
    isOwn(input) ? { code: 'OWN_ENTRY', message: 'Nobody releases a price of their own' } : undefined
  const step = 'release'
  const at = ['Approval']
  p.decisions.accept(releasePrice, { step, verdict: 'approved', at, refuse: own, description: 'Release the price' })
  p.decisions.accept(rejectPrice, { step, verdict: 'rejected', at, refuse: own, description: 'Refuse the price' })
  p.decisions.accept(withdrawPrice, {
    step,
    verdict: 'withdrawn',
    at,
    refuse: (input) => (isOwn(input) ? undefined : { code: 'NOT_PERMITTED', message: 'Only whoever asked for it takes it back' }),
    description: 'Take the price back',
  })
}
