import { dateAt } from '../../domain/calendar.ts'
import { randomOf } from '../lives/random.ts'
import { ZONE } from '../world.ts'
import type { Answer, Waiting } from './desks.ts'
import type { Workplace } from './tasks.ts'

/** Who a payment of this household says that it is from where nobody can tell whose it is. */
export const STRANGER = 'somebody in the village'

/** The house whose payment it is, as everybody in the village would find out. */
const OF_HOUSE = /life-(\d+)-/

/** Money without a name is matched after some days of asking, and what a provider lost head office finds in its statement, or not. */
export function answerDoubtfulMoney({ seed, accountOf }: Workplace, waiting: Waiting, asOf: string): Answer | undefined {
  const life = Number(OF_HOUSE.exec(decodeURIComponent(waiting.workflowId))?.[1] ?? -1)
  const random = randomOf(seed, waiting.stage, life, dateAt(asOf, ZONE))
  if (waiting.stage === 'Suspense') {
    const accountId = accountOf(life)
    return accountId !== undefined && random.chance(0.3) ? { name: 'match', by: 'deepa', detail: { accountId } } : undefined
  }
  if (waiting.stage !== 'Unconfirmed' || waiting.waitingFor !== 'head-office') return undefined
  return { name: random.chance(0.5) ? 'declare-posted' : 'declare-failed', by: 'geeta', detail: { proof: `statement-${life}` } }
}
