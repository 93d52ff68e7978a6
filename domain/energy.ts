import { DomainError } from './errors.ts'
import { divideHalfUp } from './money.ts'

/** Watt-hours in a kilowatt-hour. */
export const WH_PER_KWH = 1000

/** Returns `n` when it is a whole, not negative number of Wh (or W), else throws INVALID_INPUT. */
export function assertWh(n: unknown): number {
  if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < 0)
    throw new DomainError('INVALID_INPUT', 'Energy is a whole number of Wh, not negative')
  return n
}

/** Price of energy: Wh × rate ÷ 1000, half up, once per line, exact also where the product passes 2^53 (policy "energy"). */
export function energyChargeMinor({
  consumptionWh,
  rateMinorPerKwh,
}: {
  consumptionWh: number
  rateMinorPerKwh: number
}): number {
  return divideHalfUp(BigInt(assertWh(consumptionWh)) * BigInt(assertWh(rateMinorPerKwh)), BigInt(WH_PER_KWH))
}
