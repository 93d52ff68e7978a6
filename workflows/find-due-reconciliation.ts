import { work } from './activity-proxies.ts'
import { createPlantClock } from './plant-clock.ts'
import { procedure } from './procedure.ts'

export interface FindDueReconciliationInput {
  readonly plant: string
  /** Stay and look again at every business night: for plants whose business time does not run with the wall's. */
  readonly watch?: boolean
}

/**
 * Starts the reconciliation of the business day that is over by the plant's own clock, once each. A Schedule fires it in wall time; at a
 * sandbox plant the one that fired stays and watches business time, as `findDueBilling` does. Where it fell behind only the newest day is
 * reconciled: its closing makes up for the days before.
 */
export async function findDueReconciliation({ plant, watch = false }: FindDueReconciliationInput): Promise<string> {
  if (!watch) {
    const { started } = await work.startDueReconciliation({ plant, asOf: await createPlantClock(plant).now() })
    return started === null ? 'NothingDue' : `Started ${started}`
  }
  return procedure({ plant, input: { plant, watch } }, async (p) => {
    for (;;) {
      const { nextAt } = await work.startDueReconciliation({ plant, asOf: await p.now() })
      await p.waitFor({
        read: (asOf) => Promise.resolve(asOf),
        enough: (asOf) => asOf >= nextAt,
        until: nextAt,
        stage: { name: 'Watching', waitingFor: 'clock', dueAt: nextAt },
        summary: `the books of ${plant} for the next day`,
      })
    }
  })
}
