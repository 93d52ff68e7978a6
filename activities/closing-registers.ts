import type { Tx } from '../db/client.ts'
import type { BillingSubject } from '../db/queries/billing-subjects.ts'
import { firstTelemetry, insertReadings, type NewReading } from '../db/queries/boundary-readings.ts'
import type { PlantTerms } from '../db/queries/plants.ts'
import { meterFor } from '../domain/billing-cycle.ts'
import { addToInstant, startOfDay } from '../domain/calendar.ts'
import { meteredDays } from '../domain/charged-days.ts'
import { suppliedSegments } from '../domain/metered-period.ts'
import { needsReading } from '../domain/period-charge.ts'
import type { Period } from '../domain/period.ts'
import { registerBetween, type RegisterAt } from '../domain/start-register.ts'
import { lastBefore } from './start-registers.ts'

interface At {
  readonly period: Period
  readonly rules: PlantTerms
}

/**
 * Stores the register that ends a whole period of somebody who has left meanwhile: whose meter was away then, or whose reading a second
 * person still looks at. The final register, which two people stand for, settles it: what the meter said at the time counts where it lies
 * below that, otherwise what was used is shared by the time that passed. Nobody waits for a period that is over and a meter that is gone.
 */
export async function takeMissedRegister(tx: Tx, subject: BillingSubject, at: At): Promise<BillingSubject> {
  const { period, rules } = at
  const supplied = suppliedSegments({ period, ...subject })
  const { to } = meteredDays(supplied, period)
  const meter = meterFor(subject.installations, to, rules.zone)
  if (meter === undefined || !needsReading(supplied)) return subject
  const { serial, removedAt, finalRegisterWh } = meter
  const isStored = subject.registers.some((one) => one.serial === serial && one.boundary === to)
  if (isStored || removedAt === null || finalRegisterWh === null) return subject
  const reading = await missedReading(
    tx,
    { subject, meter, final: { takenAt: removedAt, registerWh: finalRegisterWh } },
    { to, rules },
  )
  await insertReadings(tx, [reading])
  const { takenAt, boundary, registerWh, source } = reading
  const register = { serial, takenAt, boundary, registerWh, estimated: source === 'estimate' }
  return { ...subject, registers: [...subject.registers, register] }
}

interface Missed {
  readonly subject: BillingSubject
  readonly meter: BillingSubject['installations'][number]
  readonly final: RegisterAt
}

async function missedReading(
  tx: Tx,
  { subject, meter, final }: Missed,
  { to, rules }: { to: string; rules: PlantTerms },
): Promise<NewReading> {
  const { serial } = meter
  const midnight = startOfDay(to, rules.zone)
  const last = await lastBefore(tx, { subject, meter, midnight })
  const said = (await firstTelemetry(tx, [serial], { from: midnight, until: final.takenAt })).get(serial)
  const isSound = said !== undefined && said.registerWh >= last.registerWh && said.registerWh <= final.registerWh
  const base = { customerId: subject.customerId, serial, boundary: to, rules: [], state: 'accepted' } as const
  if (isSound && said.takenAt <= addToInstant(midnight, rules.policy.metering.smartWait, rules.zone))
    return { ...base, ...said, source: 'smart', enteredBy: `meter:${serial}` }
  const registerWh = registerBetween({ midnight, last, next: isSound ? said : final })
  return { ...base, takenAt: midnight, registerWh, source: 'estimate', enteredBy: 'system' }
}
