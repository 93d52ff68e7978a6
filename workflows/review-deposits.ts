import { work } from './activity-proxies.ts'
import { procedure } from './procedure.ts'

export interface ReviewDepositsInput {
  readonly plant: string
  /** The business day whose reviews these are. */
  readonly date: string
}

/**
 * The yearly review of deposits that is due at a plant (policy "deposit"): what is far too small is asked for with the next bills, in
 * parts; what is too much becomes credit; who is concerned is told. A daily round of the relay starts it on days on which one is due.
 * An account that the rules refuse holds up nobody else: the others done, it parks the run with its reason.
 */
export async function reviewDeposits(input: ReviewDepositsInput): Promise<string> {
  const { plant, date } = input
  return procedure({ plant, input: { ...input } }, async (p) => {
    await p.stage('Reviewing', { details: date })
    const refused: string[] = []
    for (let after: string | null = ''; after !== null;) {
      const set: Awaited<ReturnType<typeof work.reviewDueDeposits>> = await work.reviewDueDeposits({
        plant,
        after,
        asOf: await p.now(),
      })
      refused.push(...set.refused)
      after = set.next
    }
    for (const accountId of refused) await work.reviewDeposit({ plant, accountId, asOf: await p.now() })
    return 'Reviewed'
  })
}
