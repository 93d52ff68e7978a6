import type { IsoDate } from './calendar.ts'
import { energyChargeMinor } from './energy.ts'
import { DomainError } from './errors.ts'
import { assertMinor } from './money.ts'

/** What a corrected reading changes of bills that are out: a line of the next bill that cites both readings (billing.md rules 13, 27). */
export type ReadingAdjustment = {
  readonly correctionId: string
  readonly serial: string
  readonly boundary: IsoDate
  readonly readRegisterWh: number
  readonly correctedRegisterWh: number
  /** Of the bill that ended with the reading and of the one that began with it, as far as they are out. */
  readonly rateBeforeMinorPerKwh: number | null
  readonly rateAfterMinorPerKwh: number | null
  /** Above zero: too little was billed. */
  readonly amountMinor: number
}

/** The bills around a reading: the price of a unit in each, null where it is not out. */
export type BilledAround = Pick<ReadingAdjustment, 'rateBeforeMinorPerKwh' | 'rateAfterMinorPerKwh'>

/**
 * What the bills that are out charged too little (above zero) or too much for a register that was misread. The bill before it counted to
 * the wrong register, the bill after it from there: at one price they make up for each other.
 */
export function adjustmentMinor(
  { readRegisterWh, correctedRegisterWh }: Pick<ReadingAdjustment, 'readRegisterWh' | 'correctedRegisterWh'>,
  { rateBeforeMinorPerKwh, rateAfterMinorPerKwh }: BilledAround,
): number {
  const missedWh = correctedRegisterWh - readRegisterWh
  return assertMinor(priceOf(missedWh, rateBeforeMinorPerKwh ?? 0) - priceOf(missedWh, rateAfterMinorPerKwh ?? 0))
}

/** A corrected register lies between what was read before and after it: READING_BELOW_LAST; and it differs: INVALID_INPUT. */
export function assertCorrectedRegister(input: {
  readRegisterWh: number
  correctedRegisterWh: number
  lastWh: number
  nextWh: number | undefined
}): void {
  const { readRegisterWh, correctedRegisterWh: currentWh, lastWh, nextWh } = input
  if (currentWh === readRegisterWh) throw new DomainError('INVALID_INPUT', 'The reading says so already')
  if (currentWh < lastWh)
    throw new DomainError('READING_BELOW_LAST', 'A reading is never below the last one', { lastWh, currentWh })
  if (nextWh !== undefined && currentWh > nextWh)
    throw new DomainError('READING_BELOW_LAST', 'The next reading would be below this one', {
      lastWh: currentWh,
      currentWh: nextWh,
    })
}

function priceOf(energyWh: number, rateMinorPerKwh: number): number {
  return Math.sign(energyWh) * energyChargeMinor({ consumptionWh: Math.abs(energyWh), rateMinorPerKwh })
}
