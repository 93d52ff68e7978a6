import type { Tx } from '../db/client.ts'
import type { BillingSubject } from '../db/queries/billing-subjects.ts'
import { firstTelemetry, insertReadings, lastTelemetry, type NewReading } from '../db/queries/boundary-readings.ts'
import type { PlantTerms } from '../db/queries/plants.ts'
import { addToInstant, earliest, latest } from '../domain/calendar.ts'
import type { Period } from '../domain/period.ts'
import { estimatedStart, type RegisterAt, wantedStart, type WantedStart } from '../domain/start-register.ts'

interface At {
  readonly period: Period
  readonly rules: PlantTerms
  readonly asOf: string
}

/**
 * Stores the register of the midnight on which a connection became post-paid, so that nothing is billed that was paid for in advance
 * (docs/billing-rules.md "From pre-paid to post-paid"): what the meter said then, or first after it; where it stayed silent for as long
 * as a boundary register is waited for, an estimate. Returns the subjects with it. The caller holds the locks.
 */
export async function takeStartRegisters(tx: Tx, subjects: readonly BillingSubject[], at: At): Promise<BillingSubject[]> {
  const found: BillingSubject[] = []
  for (const subject of subjects) found.push(await withStart(tx, subject, at))
  return found
}

async function withStart(tx: Tx, subject: BillingSubject, at: At): Promise<BillingSubject> {
  const wanted = wantedStart({ ...subject, period: at.period, zone: at.rules.zone })
  if (wanted === undefined || at.asOf < wanted.midnight) return subject
  const reading = await startReading(tx, { subject, wanted }, at)
  if (reading === undefined) return subject
  await insertReadings(tx, [reading])
  const { serial, takenAt, boundary, registerWh, source } = reading
  const register = { serial, takenAt, boundary, registerWh, estimated: source === 'estimate' }
  return { ...subject, registers: [...subject.registers, register] }
}

type Start = WantedStart<BillingSubject['installations'][number]>

async function startReading(
  tx: Tx,
  { subject, wanted }: { subject: BillingSubject; wanted: Start },
  { rules, asOf }: Pick<At, 'rules' | 'asOf'>,
): Promise<NewReading | undefined> {
  const { date, midnight, meter, before } = wanted
  const { serial } = meter
  const until = addToInstant(midnight, rules.policy.metering.smartWait, rules.zone)
  const said = (await firstTelemetry(tx, [serial], { from: midnight, until: asOf })).get(serial)
  const base = { customerId: subject.customerId, serial, boundary: date, rules: [], state: 'accepted' } as const
  if (said !== undefined && said.takenAt <= until) return { ...base, ...said, source: 'smart', enteredBy: `meter:${serial}` }
  if (meter.kind === 'smart' && asOf < until) return undefined
  const registerWh = estimatedStart({
    midnight,
    zone: rules.zone,
    last: await lastBefore(tx, { subject, meter, midnight }),
    next: said ?? firstRead(subject, wanted),
    before,
  })
  return { ...base, takenAt: earliest(midnight, asOf), registerWh, source: 'estimate', enteredBy: 'system' }
}

/** The newest register that is known from before the midnight: the meter's installation at least. */
export async function lastBefore(
  tx: Tx,
  { subject, meter, midnight }: { subject: BillingSubject; meter: BillingSubject['installations'][number]; midnight: string },
): Promise<RegisterAt> {
  const known: RegisterAt[] = [
    { takenAt: meter.installedAt, registerWh: meter.startRegisterWh },
    ...subject.registers.filter(({ serial, estimated, takenAt }) => serial === meter.serial && !estimated && takenAt <= midnight),
  ]
  const said = await lastTelemetry(tx, meter.serial, midnight)
  if (said !== undefined) known.push(said)
  const newestAt = latest(meter.installedAt, ...known.map(({ takenAt }) => takenAt))
  return (
    known.findLast(({ takenAt }) => takenAt === newestAt) ?? { takenAt: meter.installedAt, registerWh: meter.startRegisterWh }
  )
}

/** Where the meter does not speak: what was read of it first after the midnight, by a visit or when it was taken down. */
function firstRead({ registers }: BillingSubject, { midnight, meter }: Start): RegisterAt | undefined {
  const read: RegisterAt[] = registers.filter(
    ({ serial, estimated, takenAt }) => serial === meter.serial && !estimated && takenAt > midnight,
  )
  if (meter.removedAt !== null && meter.finalRegisterWh !== null && !meter.finalIsEstimate)
    read.push({ takenAt: meter.removedAt, registerWh: meter.finalRegisterWh })
  return read.toSorted((a, b) => (a.takenAt < b.takenAt ? -1 : 1))[0]
}
