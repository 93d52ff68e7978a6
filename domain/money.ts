import { DomainError } from './errors.ts'

/** ISO 4217 exponents, from the standard: Intl's table differs by ICU version (PKR 0 there, 2 here; ecosystem.md section 4). */
const EXPONENTS: Readonly<Record<string, number>> = {
  BDT: 2,
  BIF: 0,
  CDF: 2,
  ETB: 2,
  EUR: 2,
  GBP: 2,
  GHS: 2,
  GNF: 0,
  HTG: 2,
  IDR: 2,
  INR: 2,
  JPY: 0,
  KES: 2,
  KWD: 3,
  LKR: 2,
  MGA: 2,
  MMK: 2,
  MWK: 2,
  MZN: 2,
  NGN: 2,
  NPR: 2,
  PHP: 2,
  PKR: 2,
  RWF: 0,
  SLE: 2,
  TND: 3,
  TZS: 2,
  UGX: 0,
  USD: 2,
  VND: 0,
  XAF: 0,
  XOF: 0,
  ZAR: 2,
  ZMW: 2,
}

/** Digits after the point of a currency: INR 2, UGX 0. Throws INVALID_INPUT for a code that is not in the table. */
export function currencyExponent(currency: string): number {
  const exponent = Object.hasOwn(EXPONENTS, currency) ? EXPONENTS[currency] : undefined
  if (exponent === undefined) throw new DomainError('INVALID_INPUT', `Unknown currency ${currency}`, { currency })
  return exponent
}

/** Minor units in one whole unit: 100 paise in a rupee. */
export function minorPerUnit(currency: string): number {
  return 10 ** currencyExponent(currency)
}

/** Returns `n` when it is a safe integer, else throws INVALID_AMOUNT (design "Money": checked at every edge). */
export function assertMinor(n: unknown): number {
  if (typeof n !== 'number' || !Number.isSafeInteger(n))
    throw new DomainError('INVALID_AMOUNT', 'An amount is a whole number of minor units')
  return n === 0 ? 0 : n
}

/** As `assertMinor`, and above zero: what a payment, a charge or a posting may be. */
export function assertPositiveMinor(n: unknown): number {
  const amount = assertMinor(n)
  if (amount <= 0) throw new DomainError('INVALID_AMOUNT', 'An amount must be above zero', { amountMinor: amount })
  return amount
}

/** As `assertMinor`, and not below zero. */
export function assertNotNegativeMinor(n: unknown): number {
  const amount = assertMinor(n)
  if (amount < 0) throw new DomainError('INVALID_AMOUNT', 'An amount must not be negative', { amountMinor: amount })
  return amount
}

/** Sum of minor amounts; throws INVALID_AMOUNT when it leaves the safe integers. */
export function sumMinor(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => assertMinor(sum + assertMinor(amount)), 0)
}

/** `numerator ÷ divisor`, half up (towards plus infinity at .5), exact for products beyond 2^53. */
export function divideHalfUp(numerator: bigint, divisor: bigint): number {
  const doubled = numerator * 2n + divisor
  const divisorDoubled = divisor * 2n
  const quotient = doubled / divisorDoubled
  const floor = doubled < 0n && quotient * divisorDoubled !== doubled ? quotient - 1n : quotient
  return assertMinor(Number(floor))
}

/**
 * Splits an amount by whole-number weights so that the parts add up to it exactly; what is left over goes to the largest remainders,
 * ties to the earlier part (policy "pro-rating", billing.md rule 12). Weights that are all zero give zeros only for an amount of zero.
 */
export function splitByLargestRemainder(totalMinor: number, weights: readonly number[]): number[] {
  const total = BigInt(assertMinor(totalMinor))
  const parts = weights.map((weight) => BigInt(assertNotNegativeMinor(weight)))
  const weightSum = parts.reduce((sum, weight) => sum + weight, 0n)
  if (weightSum === 0n) {
    if (total !== 0n) throw new DomainError('INVALID_INPUT', 'Nothing to split by: all weights are zero')
    return weights.map(() => 0)
  }
  const size = total < 0n ? -total : total
  const shares = parts.map((weight, index) => ({
    index,
    share: (size * weight) / weightSum,
    remainder: (size * weight) % weightSum,
  }))
  const spare = Number(size - shares.reduce((sum, { share }) => sum + share, 0n))
  const lucky = new Set(
    shares
      .toSorted(byRemainder)
      .slice(0, spare)
      .map(({ index }) => index),
  )
  const sign = total < 0n ? -1 : 1
  return shares.map(({ index, share }) => assertMinor(sign * (Number(share) + (lucky.has(index) ? 1 : 0))))
}

function byRemainder(a: { remainder: bigint; index: number }, b: { remainder: bigint; index: number }): number {
  if (a.remainder !== b.remainder) return a.remainder > b.remainder ? -1 : 1
  return a.index - b.index
}

/** Rounds to whole units half up; `roundingMinor` = rounded − given (policy "energy": cash has no paise). */
export function roundToWholeUnits(amountMinor: number, currency: string): { roundedMinor: number; roundingMinor: number } {
  const unit = minorPerUnit(currency)
  const roundedMinor = assertMinor(divideHalfUp(BigInt(assertMinor(amountMinor)), BigInt(unit)) * unit)
  return { roundedMinor, roundingMinor: roundedMinor - amountMinor }
}

/** Rounds up to the next multiple of `stepMinor`; a multiple stays (policy "deposit": up to the next 50 rupees). */
export function roundUpTo(amountMinor: number, stepMinor: number): number {
  return assertMinor(Math.ceil(assertMinor(amountMinor) / assertPositiveMinor(stepMinor)) * stepMinor)
}
