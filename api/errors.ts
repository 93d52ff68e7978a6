import type { DomainErrorCode } from '../domain/errors.ts'

/** HTTP status of every refusal the rules know. 422: the request is understood and can never be; 409: not as things stand. */
const DOMAIN_STATUS = {
  NOT_FOUND: 404,
  INVALID_INPUT: 422,
  INVALID_AMOUNT: 422,
  BELOW_MINIMUM: 422,
  POLE_FULL: 409,
  ALREADY_DECIDED: 409,
  ALREADY_EXISTS: 409,
  WRONG_STAGE: 409,
  NOT_PERMITTED: 403,
  OWN_ENTRY: 403,
  READING_BELOW_LAST: 422,
  READING_NEEDS_REVIEW: 409,
  READING_MISSING: 409,
  ESTIMATES_EXHAUSTED: 409,
  PACKAGE_UNKNOWN: 422,
  PACKAGE_SAME: 422,
  PACKAGE_METER_UNFIT: 422,
  DOWNGRADE_TOO_SOON: 409,
  PRICE_TOO_SOON: 409,
  CAPACITY_EXCEEDED: 409,
  METER_NOT_FREE: 409,
  NO_METER_FREE: 409,
  METER_REFUSED: 409,
  ACCOUNT_CLOSED: 409,
  ACCOUNT_NOT_SETTLED: 409,
  PAYMENT_MISMATCH: 409,
  CHARGE_SETTLED: 409,
  REFUND_EXCEEDS: 422,
  NOTE_EXCEEDS: 422,
  DEADLINE_PASSED: 409,
  EXTENSION_USED: 409,
  PERIOD_NOT_ENDED: 409,
  PROTECTED: 409,
  NOTICE_NOT_DELIVERED: 409,
  POLICY_INVALID: 422,
  CASH_SHORT: 409,
  CEILING_EXCEEDED: 409,
  LEDGER_UNBALANCED: 500,
  IDEMPOTENCY_CONFLICT: 422,
} as const satisfies Record<DomainErrorCode, number>

/** What only the edge can say. */
const API_STATUS = {
  INVALID_REQUEST: 400,
  MALFORMED_BODY: 400,
  IDEMPOTENCY_KEY_MISSING: 400,
  UNAUTHENTICATED: 401,
  WRONG_CREDENTIALS: 401,
  CHOOSE_CONNECTION: 409,
  IDEMPOTENCY_IN_PROGRESS: 409,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  TOO_MANY_REQUESTS: 429,
  INTERNAL: 500,
  PAPER_CHANGED: 500,
  TRY_AGAIN: 503,
} as const satisfies Record<string, number>

export type ProblemCode = DomainErrorCode | keyof typeof API_STATUS

/** Every code with its status: the catalogue behind `type` in a problem document. */
export const PROBLEM_STATUS: Readonly<Record<ProblemCode, number>> = { ...DOMAIN_STATUS, ...API_STATUS }

export type Details = Readonly<Record<string, unknown>>

/** One thing wrong with a request, and where: a JSON pointer into the body, or into the query, path or headers. */
export interface FieldProblem {
  readonly in?: string
  readonly pointer: string
  readonly detail: string
}

/** A refusal that the edge makes itself, or that it heard from a workflow. */
export class ApiError extends Error {
  readonly code: ProblemCode
  readonly details: Details
  readonly errors: readonly FieldProblem[]
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ProblemCode,
    message: string,
    more: { details?: Details; errors?: readonly FieldProblem[]; retryAfterSeconds?: number } = {},
  ) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.details = more.details ?? {}
    this.errors = more.errors ?? []
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}

/** True for a code of the catalogue: what a workflow's failure type must be to reach the caller. */
export function isProblemCode(value: unknown): value is ProblemCode {
  return typeof value === 'string' && Object.hasOwn(PROBLEM_STATUS, value)
}
