import { STEPS_IN_ORDER } from '../domain/reconciliation.ts'
import { facts, sets, work } from './activity-proxies.ts'
import { procedure } from './procedure.ts'

export interface ReconcileBooksInput {
  readonly plant: string
  /** The business day that is over. */
  readonly date: string
}

/**
 * Closes a plant's books for a business day and proves, step by step, that they agree with bills, payments, meters and processes; what does
 * not is a case, and head office is told (billing.md rules 2 and 9). A step that was taken is passed over.
 */
export async function reconcileBooks(input: ReconcileBooksInput): Promise<string> {
  const { plant, date } = input
  return procedure({ plant, input: { ...input } }, async (p) => {
    await p.stage('ClosingBooks')
    while (await work.closeBooks({ plant, date, asOf: await p.now() }));
    const taken = new Set((await facts.readReconciliation({ plant, date })).map(({ step }) => step))
    for (const step of STEPS_IN_ORDER.filter((one) => !taken.has(one))) {
      await p.stage('Proving', { details: step })
      await sets.proveBooks({ plant, date, step, asOf: await p.now() })
    }
    const open = await work.concludeReconciliation({ plant, date, asOf: await p.now() })
    return open === 0 ? 'Agrees' : 'Differs'
  })
}
