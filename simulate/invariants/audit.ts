import { addDays } from '../../domain/calendar.ts'
import type { World } from '../world.ts'
import { agreementsHold } from './agreements.ts'
import { accountsDerivable } from './accounts.ts'
import { type Broken, BrokenInvariant } from './broken.ts'
import { watchLedger } from './money.ts'
import { periodsBilledOnce } from './periods.ts'
import { nothingStuck } from './processes.ts'
import { supplyFollowsHolds } from './supply.ts'

/** Checks that everything still holds, every evening; throws a BrokenInvariant on the first day on which something does not. */
export interface Audit {
  evening(day: string): Promise<void>
  /** How many checks were made in all: an account, or a rule over all of them, counts as one. */
  checks(): number
}

const RULES_A_DAY = 13

/** Every account that moved on a day is proved on its evening; all of them on the last day of a month. */
export function createAudit(world: World): Audit {
  const { audited: db } = world
  const ledger = watchLedger(db)
  let checks = 0
  return {
    checks: () => checks,
    async evening(day) {
      const asOf = await world.now()
      const moved = await ledger.follow()
      const isMonthEnd = addDays(day, 1).endsWith('-01')
      const { away } = world
      const broken: Broken[] = [
        ...(await accountsDerivable(db, isMonthEnd ? undefined : [...moved])),
        ...(await ledger.check()),
        ...(await supplyFollowsHolds(db, { asOf, away })),
        ...(await agreementsHold(db, asOf)),
        ...(await nothingStuck(db)),
        ...(isMonthEnd ? await periodsBilledOnce(db, `${day.slice(0, 8)}01`) : []),
      ]
      checks += moved.size + RULES_A_DAY
      if (broken.length > 0) throw new BrokenInvariant(day, broken)
    },
  }
}
