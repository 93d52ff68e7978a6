import type { Db, Tx } from '../db/client.ts'
import type { BillingSubject } from '../db/queries/billing-subjects.ts'
import { firstTelemetry, insertReadings, type NewReading } from '../db/queries/boundary-readings.ts'
import type { PlantTerms } from '../db/queries/plants.ts'
import type { BillingWindows } from '../domain/billing-calendar.ts'
import { meterFor } from '../domain/billing-cycle.ts'
import { earliest } from '../domain/calendar.ts'
import { judgeRegister } from '../domain/period-charge.ts'
import { windowsOf } from './own-windows.ts'

interface At {
  readonly windows: BillingWindows
  readonly rules: PlantTerms
  readonly asOf: string
}

/**
 * Takes the boundary register of every smart meter that has sent one, judges it (policy "checks") and stores it once: accepted,
 * waiting for a second person, or refused. Returns the subjects with the registers that billing may use. The caller holds the locks.
 */
export async function takeSmartReadings(tx: Tx, subjects: readonly BillingSubject[], at: At): Promise<BillingSubject[]> {
  const ends = new Map(subjects.map((subject) => [subject.customerId, windowsOf(subject, at)]))
  const read: BillingSubject[] = []
  for (const windows of new Set(ends.values()))
    read.push(
      ...(await takeRegistersAt(
        tx,
        subjects.filter(({ customerId }) => ends.get(customerId) === windows),
        { ...at, windows },
      )),
    )
  return read.toSorted((a, b) => (a.customerId < b.customerId ? -1 : 1))
}

/** The same for those whose post-paid days end at one midnight. */
async function takeRegistersAt(tx: Tx, subjects: readonly BillingSubject[], at: At): Promise<BillingSubject[]> {
  const { windows, rules, asOf } = at
  if (asOf < windows.billFrom) return [...subjects]
  const entered = await enteredFor(
    tx,
    subjects.map(({ customerId }) => customerId),
    windows.boundary,
  )
  const wanted = subjects.flatMap((subject) => {
    const meter = meterFor(subject.installations, windows.boundary, rules.zone)
    return meter?.kind === 'smart' && !entered.has(subject.customerId) ? [{ subject, serial: meter.serial }] : []
  })
  const until = earliest(asOf, windows.smartUntil)
  const sent = await firstTelemetry(
    tx,
    wanted.map(({ serial }) => serial),
    { from: windows.billFrom, until },
  )
  const taken = wanted.flatMap(({ subject, serial }) => {
    const register = sent.get(serial)
    return register === undefined ? [] : [{ subject, reading: smartReading(subject, { serial, ...register }, at) }]
  })
  await insertReadings(
    tx,
    taken.map(({ reading }) => reading),
  )
  const accepted = new Map(
    taken.filter(({ reading }) => reading.state === 'accepted').map(({ subject, reading }) => [subject.customerId, reading]),
  )
  return subjects.map((subject) => withRegister(subject, accepted.get(subject.customerId)))
}

/** A smart meter's register as it is stored: what it said, and what the checks say to it. */
export function smartReading(
  subject: BillingSubject,
  register: { serial: string; takenAt: string; registerWh: number },
  { windows, rules }: At,
): NewReading {
  const judged = judgeRegister({ connection: subject, windows, rules, register })
  const state = judged.verdict === 'needs-review' ? 'review' : judged.verdict
  return {
    ...register,
    customerId: subject.customerId,
    boundary: windows.boundary,
    source: 'smart',
    state,
    rules: judged.rules,
    enteredBy: `meter:${register.serial}`,
  }
}

function withRegister(subject: BillingSubject, reading: NewReading | undefined): BillingSubject {
  if (reading === undefined) return subject
  const { serial, takenAt, boundary, registerWh } = reading
  return { ...subject, registers: [...subject.registers, { serial, takenAt, boundary, registerWh, estimated: false }] }
}

async function enteredFor(db: Db | Tx, customerIds: readonly string[], boundary: string): Promise<Set<string>> {
  if (customerIds.length === 0) return new Set()
  const rows = await db
    .selectFrom('readings')
    .select('customerId')
    .distinct()
    .where('customerId', 'in', customerIds)
    .where('boundary', '=', boundary)
    .execute()
  return new Set(rows.map(({ customerId }) => customerId))
}
