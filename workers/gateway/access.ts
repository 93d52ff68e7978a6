import type { Db } from '../../db/client.ts'
import { accessMark, meterPassword } from '../../db/meter-login.ts'
import { tryLock } from '../../db/queries/locks.ts'
import {
  accessApplied,
  accessForgotten,
  allowedMeters,
  type MeterAccessRow,
  pendingAccess,
} from '../../db/queries/meter-access.ts'
import { admit, dismiss, firstRefusal, LIST_ACCOUNTS, metersIn } from '../../meters/access/commands.ts'
import { type BrokerControl, type BrokerControlOptions, createBrokerControl } from '../../meters/access/control.ts'
import { listen } from '../listen.ts'
import { startLoop } from '../loop.ts'

const LOOK_EVERY_MS = 1_000
const COMPARE_EVERY_MS = 3_600_000
const PAGE = 20

export interface AccessOptions {
  readonly db: Db
  readonly databaseUrl: string
  readonly broker: Omit<BrokerControlOptions, 'onConnect' | 'log'>
  /** From which every meter's password is worked out. */
  readonly key: Buffer
  /** Wall time in ms. */
  readonly now: () => number
  readonly log: BrokerControlOptions['log']
}

export interface Access {
  stop(): Promise<void>
}

type Round = Pick<AccessOptions, 'db' | 'key' | 'log'> & { readonly control: BrokerControl }

/**
 * Brings the broker's accounts in line with `meter_access`: at once when a meter is assigned or taken down, and by a comparison of
 * all of them at every connection and every hour. Of several gateways one works at a time; whatever is repeated does no harm.
 */
export function startAccess({ db, databaseUrl, broker, key, now, log }: AccessOptions): Access {
  const progress = { comparedAtMs: -Infinity, after: '' }
  const control = createBrokerControl({
    ...broker,
    log,
    onConnect: () => {
      progress.comparedAtMs = -Infinity
      loop.wake()
    },
  })
  const deps = { db, control, key, log }
  const pageInTurn = async (): Promise<PageDone> => {
    const beforeMs = progress.comparedAtMs
    if (now() - beforeMs >= COMPARE_EVERY_MS) {
      // Noted first, so that a connection that is lost meanwhile has all be compared once more.
      progress.comparedAtMs = now()
      try {
        await compareAccess(deps)
      } catch (error) {
        progress.comparedAtMs = beforeMs
        throw error
      }
    }
    return applyPage(deps, progress.after)
  }
  const round = async (): Promise<number> => {
    // Its connection tells by itself that it is away, and wakes this loop when it is back.
    if (!control.connected()) return 0
    // The transaction holds the turn and nothing else: what the broker has done is noted at once, and no meter is locked meanwhile.
    const { next, refusals } = await db
      .transaction()
      .execute(async (tx) => ((await tryLock(tx, 'meter-access')) ? pageInTurn() : { next: '', refusals: [] }))
    progress.after = next
    // What was done stays done, and the next round waits longer.
    if (refusals.length > 0) throw new Error(`the broker refuses to change accounts: ${refusals.join('; ')}`)
    return next === '' ? 0 : 1
  }
  const loop = startLoop({ name: 'access', everyMs: LOOK_EVERY_MS, round, log })
  const listener = listen({ databaseUrl, channel: 'meter_access', onWake: () => loop.wake(), log })
  return {
    stop: async () => {
      await listener.close()
      await loop.stop()
      await control.close()
    },
  }
}

/** Where the next page begins, '' when this was the last, and what the broker refused. */
interface PageDone {
  readonly next: string
  readonly refusals: readonly string[]
}

/** Tells the broker of the next meters; what it refuses stays open and does not hold up the others. */
async function applyPage({ db, control, key }: Round, after: string): Promise<PageDone> {
  const page = await pendingAccess(db, { after, limit: PAGE })
  const refusals: string[] = []
  for (const row of page) {
    const refusal = firstRefusal(await control.run(commandsFor(row, key)))
    if (refusal === undefined) await accessApplied(db, row)
    else refusals.push(`${row.serial} ${refusal}`)
  }
  const last = page.at(-1)
  return { next: last === undefined || page.length < PAGE ? '' : last.serial, refusals }
}

function commandsFor({ wanted, ...meter }: MeterAccessRow, key: Buffer): ReturnType<typeof dismiss> {
  if (wanted === 'revoked') return dismiss(meter.serial)
  return admit({ ...meter, password: meterPassword(key, meter), mark: accessMark(key, meter) })
}

/** Throws out who is not to be there, and has all be told again who are not known as they should be. */
async function compareAccess({ db, control, key, log }: Round): Promise<void> {
  const [answer] = await control.run([LIST_ACCOUNTS])
  if (answer?.data === undefined) throw new Error(`the broker does not tell its accounts: ${answer?.error ?? 'no answer'}`)
  const known = metersIn(answer)
  const allowed = await allowedMeters(db)
  const wanted = new Set(allowed.map(({ serial }) => serial))
  const strangers = [...known.keys()].filter((serial) => !wanted.has(serial))
  for (const serial of strangers) await control.run(dismiss(serial))
  const wrong = allowed.filter((meter) => known.get(meter.serial) !== accessMark(key, meter)).map(({ serial }) => serial)
  await accessForgotten(db, wrong)
  log.info({ known: known.size, strangers: strangers.length, wrong: wrong.length }, 'compared the accounts of meters')
}
