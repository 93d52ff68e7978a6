import { createPlantClock } from './plant-clock.ts'
import { procedure } from './procedure.ts'
import { work } from './activity-proxies.ts'

export interface FindDueBillingInput {
  readonly plant: string
  /** Stay and look again at every opening of a window: for plants whose business time does not run with the wall's. */
  readonly watch?: boolean
}

/**
 * Starts the billing runs whose time has come, by the plant's own clock and by what is not done: a firing that was missed is caught
 * up by the next one, and two at once start the same runs. A Schedule fires it in wall time; at a sandbox plant, whose months pass
 * in minutes, the one that fired stays and watches business time, and the Schedule (overlap SKIP) replaces it should it end.
 */
export async function findDueBilling({ plant, watch = false }: FindDueBillingInput): Promise<string> {
  if (!watch) {
    const { started } = await work.startDueBilling({ plant, asOf: await createPlantClock(plant).now() })
    return started.length === 0 ? 'NothingDue' : `Started ${started.join(', ')}`
  }
  return procedure({ plant, input: { plant, watch } }, async (p) => {
    for (;;) {
      const { nextAt } = await work.startDueBilling({ plant, asOf: await p.now() })
      await p.waitFor({
        read: (asOf) => Promise.resolve(asOf),
        enough: (asOf) => asOf >= nextAt,
        until: nextAt,
        stage: { name: 'Watching', waitingFor: 'clock', dueAt: nextAt },
        summary: `billing of ${plant} that falls due`,
      })
    }
  })
}
