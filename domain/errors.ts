/** Every reason the rules may give for saying no. Closed: the API maps each to a status, workers to a non-retryable failure. */
export const DOMAIN_ERROR_CODES = [
  'NOT_FOUND',
  'INVALID_INPUT',
  'INVALID_AMOUNT',
  'BELOW_MINIMUM',
  'POLE_FULL',
  'ALREADY_DECIDED',
  'ALREADY_EXISTS',
  'WRONG_STAGE',
  'NOT_PERMITTED',
  'OWN_ENTRY',
  'READING_BELOW_LAST',
  'READING_NEEDS_REVIEW',
  'READING_MISSING',
  'ESTIMATES_EXHAUSTED',
  'PACKAGE_UNKNOWN',
  'PACKAGE_SAME',
  'PACKAGE_METER_UNFIT',
  'DOWNGRADE_TOO_SOON',
  'PRICE_TOO_SOON',
  'CAPACITY_EXCEEDED',
  'METER_NOT_FREE',
  'NO_METER_FREE',
  'METER_REFUSED',
  'ACCOUNT_CLOSED',
  'ACCOUNT_NOT_SETTLED',
  'PAYMENT_MISMATCH',
  'CHARGE_SETTLED',
  'REFUND_EXCEEDS',
  'NOTE_EXCEEDS',
  'DEADLINE_PASSED',
  'EXTENSION_USED',
  'PERIOD_NOT_ENDED',
  'PROTECTED',
  'NOTICE_NOT_DELIVERED',
  'POLICY_INVALID',
  'CASH_SHORT',
  'CEILING_EXCEEDED',
  'LEDGER_UNBALANCED',
  'IDEMPOTENCY_CONFLICT',
] as const

/** One of `DOMAIN_ERROR_CODES`. */
export type DomainErrorCode = (typeof DOMAIN_ERROR_CODES)[number]

/** What stood in the way, in plain data, for the problem document. Never names, phones or identity numbers. */
export type DomainErrorDetails = Readonly<Record<string, string | number | boolean | null>>

/**
 * What cannot be, if our data and our code were right: a bug (aesthetics 8). Tried a few times, because it may be a race, then parked where
 * people see it. Its message carries ids and amounts only. A plain `Error` is taken for trouble outside, and tried for ever.
 */
export class Contradiction extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Contradiction'
  }
}

/** An expected refusal (aesthetics 8). Trouble outside is an ordinary error, a bug of ours a {@link Contradiction}. */
export class DomainError extends Error {
  readonly code: DomainErrorCode
  readonly details: DomainErrorDetails

  constructor(code: DomainErrorCode, message: string, details: DomainErrorDetails = {}) {
    super(message)
    this.name = 'DomainError'
    this.code = code
    this.details = details
  }
}

/** True for a refusal of ours, also when it comes from another copy of this module. */
export function isDomainError(error: unknown): error is DomainError {
  return error instanceof Error && error.name === 'DomainError' && 'code' in error
}
