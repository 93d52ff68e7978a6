import { addDays, addToInstant, atTimeOn, latest, startOfDay } from '../../domain/calendar.ts'
import type { IsoDate, IsoInstant } from '../../domain/calendar.ts'
import { nextStep } from '../../domain/arrears.ts'
import type { ArrearsState, NextStep } from '../../domain/arrears.ts'
import type { Debt, DunningStep } from '../../domain/debt.ts'
import { parsePackageText, TIMING_HOURS } from '../../domain/package.ts'
import type { MeterKind, PackageTerms } from '../../domain/package.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'

export const ZONE = 'Asia/Kolkata'

const CATALOGUE: Record<string, [text: string, expectedKwh: number, meters: readonly MeterKind[]]> = {
  'A1.1': ['A1.1 (NN) / 17 / 160', 0, ['load_limiter', 'smart']],
  'A1.2': ['A1.2 (NN) / 40 / 220', 0, ['load_limiter', 'smart']],
  'A2.1': ['A2.1 (FD) / 100 / 300', 0, ['load_limiter', 'smart']],
  'B1.1': ['B1.1 (FD) / 500 / 50+18u', 23, ['smart', 'conventional']],
  'B1.2': ['B1.2 (FD) / 1000 / 100+16u', 54, ['smart', 'conventional']],
  'B1.3': ['B1.3 (DO) / 2000 / 150+15u', 70, ['smart']],
  'B2.1': ['B2.1 (FD) / 3000 / 300+15u', 94, ['smart', 'conventional']],
  'B2.2': ['B2.2 (NN) / 6000 / 300+14u', 115, ['smart']],
}

/** A package of Katsa by its code. */
export function catalogue(code: string): PackageTerms {
  const entry = CATALOGUE[code]
  if (!entry) throw new Error(`No package ${code} in Katsa`)
  const [text, expectedKwh, meterKinds] = entry
  const parts = parsePackageText(text, 'INR')
  return { ...parts, ...TIMING_HOURS[parts.timing], version: 1, expectedKwh, meterKinds }
}

/** A post-paid electricity debt under the default terms. */
export function debtOf(debt: Partial<Debt> & Pick<Debt, 'dueOn'>): Debt {
  return { chargeId: 1, kind: 'electricity', openMinor: 46_400, terms: KATSA_POLICY_V1.chasing, steps: [], ...debt }
}

/** An account in arrears at a moment. */
export function arrearsOf(state: Partial<ArrearsState> & Pick<ArrearsState, 'debts' | 'asOf'>): ArrearsState {
  return {
    depositHeldMinor: 50_000,
    protections: [],
    calendar: { zone: ZONE, protectedDays: [] },
    policy: KATSA_POLICY_V1,
    ...state,
  }
}

/** Katsa's time of day on a date as an instant. */
export function at(date: IsoDate, time = '12:00'): IsoInstant {
  return atTimeOn(date, time, ZONE)
}

/** A step that was taken, and when. */
export type Taken = { chargeId: number; step: DunningStep; at: IsoInstant }

/** Lives through a chase: does what `nextStep` says the moment it is due, for 120 days or until the cut. */
export function chase(input: {
  debts: readonly Debt[]
  from: IsoDate
  deliveredOn?: IsoDate | undefined
  protectedDays?: readonly IsoDate[]
}): Taken[] {
  const { from, deliveredOn, protectedDays = [] } = input
  const end = startOfDay(addDays(from, 120), ZONE)
  let debts = [...input.debts]
  let asOf = startOfDay(from, ZONE)
  const taken: Taken[] = []
  while (asOf < end && !taken.some(({ step }) => step === 'cut')) {
    const step = nextStep(arrearsOf({ debts, asOf, calendar: { zone: ZONE, protectedDays } }))
    if (!('steps' in step)) {
      asOf = wakeAt(step, asOf)
      continue
    }
    for (const one of step.steps) taken.push({ ...one, at: asOf })
    debts = debts.map((debt) => recorded(debt, step, { asOf, deliveredOn }))
  }
  return taken
}

/** A debt with the steps just taken written down, sent at once and delivered at once or on the day given. */
export function recorded(debt: Debt, step: NextStep, when: { asOf: IsoInstant; deliveredOn?: IsoDate | undefined }): Debt {
  if (!('steps' in step)) return debt
  const deliveredAt = when.deliveredOn === undefined ? when.asOf : latest(when.asOf, at(when.deliveredOn))
  const added = step.steps.filter(({ chargeId }) => chargeId === debt.chargeId)
  const records = added.map((one) => ({ step: one.step, decidedAt: when.asOf, sentAt: when.asOf, deliveredAt }))
  return { ...debt, steps: [...debt.steps, ...records] }
}

function wakeAt(step: NextStep, asOf: IsoInstant): IsoInstant {
  if (step.kind === 'wait' && step.until !== undefined) return step.until
  return addToInstant(asOf, 'P1D', ZONE)
}
