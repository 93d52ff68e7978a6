import type { Db } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { storeTelemetry } from '../../db/queries/readings.ts'
import type { Life } from '../lives/life.ts'
import { randomOf } from '../lives/random.ts'

/** What the displays of the meters show. They count while there is supply, day by day, and never back. */
export interface Registers {
  /** Another day has passed for every meter that hangs. */
  count(date: string): Promise<void>
  /** What stands on the display, in Wh. */
  read(serial: string): number
  /** Smart meters tell their register as of an instant; those out of reach remember it. */
  tell(instant: string): Promise<void>
  /** A meter is in reach again: it tells what it remembered. */
  back(serial: string): Promise<void>
}

interface Hanging {
  readonly serial: string
  readonly accountId: string
  readonly kind: string
  readonly isDark: boolean
}

type Told = { readonly serial: string; readonly takenAt: string; readonly registerWh: number }

export interface RegisterOptions {
  readonly db: Db
  readonly seed: number
  readonly away: ReadonlySet<string>
  /** Whose house an account is. */
  readonly lifeOf: (accountId: string) => Life | undefined
}

/** Registers that all begin at a few hundred Wh. */
export function createRegisters({ db, seed, away, lifeOf }: RegisterOptions): Registers {
  const shown = new Map<string, number>()
  const remembered = new Map<string, Told[]>()
  const read = (serial: string): number => shown.get(serial) ?? randomOf(seed, 'start', serial).whole(0, 900)
  return {
    read,
    async count(date) {
      for (const { serial, accountId, kind, isDark } of await hanging(db)) {
        const life = lifeOf(accountId)
        if (isDark || kind === 'load_limiter' || life === undefined) continue
        const usedWh = Math.round(life.dailyWh * (0.8 + 0.4 * randomOf(seed, 'day', life.life, date).next()))
        shown.set(serial, read(serial) + usedWh)
      }
    },
    async tell(instant) {
      const smart = (await hanging(db)).filter(({ kind }) => kind === 'smart')
      const rows = smart.map(({ serial }) => ({ serial, takenAt: instant, registerWh: read(serial) }))
      for (const row of rows.filter(({ serial }) => away.has(serial)))
        remembered.set(row.serial, [...(remembered.get(row.serial) ?? []), row])
      await store(
        db,
        rows.filter(({ serial }) => !away.has(serial)),
      )
    },
    async back(serial) {
      await store(db, remembered.get(serial) ?? [])
      remembered.delete(serial)
    },
  }
}

async function store(db: Db, rows: readonly Told[]): Promise<void> {
  const telemetry = rows.map((row) => ({
    ...row,
    bootId: 1,
    seq: Math.floor(Date.parse(row.takenAt) / 1_000),
    kind: 'billing',
    payload: {},
  }))
  await inTransaction(db, (tx) => storeTelemetry(tx, telemetry))
}

async function hanging(db: Db): Promise<Hanging[]> {
  const rows = await db
    .selectFrom('meterInstallations as i')
    .innerJoin('meters as m', 'm.serial', 'i.serial')
    .innerJoin('connections as c', 'c.customerId', 'i.customerId')
    .leftJoin('meterReported as r', 'r.serial', 'i.serial')
    .select(['i.serial', 'c.accountId', 'm.kind', 'r.relay'])
    .where('i.removedAt', 'is', null)
    .orderBy('i.serial')
    .execute()
  return rows.map(({ relay, ...row }) => ({ ...row, isDark: relay === 'open' }))
}
