import type { Db } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { suspectMeters } from '../../db/queries/command-attempts.ts'
import { lockMeter, settleCommands } from '../../db/queries/meter-commands.ts'
import { utcOffsetMin } from '../../domain/calendar.ts'

const PAGE = 200

export interface ReconcileDeps {
  readonly db: Db
  /** Wall time in ms. */
  readonly now: () => number
  readonly log: { info(fields: object, text: string): void }
}

/**
 * Finds installed meters whose report is not what is desired and that nobody asks any more (forgotten, never asked, another
 * offset since the clocks changed), and opens their commands again. Returns how many. Safe beside other gateways: each meter is
 * looked at once more under its lock.
 */
export async function reconcileMeters({ db, now, log }: ReconcileDeps): Promise<number> {
  const offsets = await plantOffsets(db, now())
  let reopened = 0
  for (let after = ''; ;) {
    const page = await suspectMeters(db, { after, limit: PAGE, offsets })
    for (const { serial, plant } of page) {
      const settled = await inTransaction(db, async (tx) => {
        await lockMeter(tx, serial)
        const offset = offsets.get(plant)
        return settleCommands(tx, serial, offset === undefined ? {} : { utcOffsetMin: offset })
      })
      if (settled !== 'unchanged') log.info({ serial, settled }, 'meter is not as desired')
      if (settled === 'reopened' || settled === 'raised') reopened += 1
    }
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return reopened
    after = last.serial
  }
}

/** Where each plant's clocks stand now; plants without a clock have no meters yet. */
async function plantOffsets(db: Db, wallMs: number): Promise<Map<string, number>> {
  const plants = await db
    .selectFrom('plants')
    .select(['plant', 'timeZone'])
    .where((eb) => eb.exists(eb.selectFrom('clockSegments').select('plant').whereRef('clockSegments.plant', '=', 'plants.plant')))
    .execute()
  const offsets = new Map<string, number>()
  for (const { plant, timeZone } of plants) offsets.set(plant, utcOffsetMin(await businessNow(db, plant, wallMs), timeZone))
  return offsets
}
