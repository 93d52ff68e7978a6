import { DomainError } from '../domain/errors.ts'

/** Groups the digits of a whole number the Indian way (12,34,567), which en-IN and hi-IN share. Takes digits only. */
export function groupDigits(digits: string): string {
  const head = digits.slice(0, -3)
  const tail = digits.slice(-3)
  return head === '' ? tail : `${head.replaceAll(/\B(?=(\d{2})+$)/g, ',')},${tail}`
}

/**
 * Writes an integer that counts `10^-decimals` of a unit as grouped decimal text, without ever dividing in floating point.
 * `(123456, 2)` is `1,234.56`. Throws INVALID_AMOUNT on anything but a safe integer: a wrong number must never reach a customer.
 */
export function scaledInteger(value: number, decimals: number): string {
  if (!Number.isSafeInteger(value)) throw new DomainError('INVALID_AMOUNT', `Not a safe integer: ${value}`)
  const digits = String(Math.abs(value)).padStart(decimals + 1, '0')
  const split = digits.length - decimals
  const fraction = decimals === 0 ? '' : `.${digits.slice(split)}`
  return `${value < 0 ? '-' : ''}${groupDigits(digits.slice(0, split))}${fraction}`
}
