import type { FastifyError } from 'fastify'
import { isDomainError } from '../domain/errors.ts'
import { ApiError, type Details, type FieldProblem, isProblemCode, PROBLEM_STATUS, type ProblemCode } from './errors.ts'

const MAX_ERRORS_TOLD = 20

/** An RFC 9457 problem document. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ProblemCode
  readonly detail: string
  readonly instance: string
  readonly trace_id: string
  readonly details?: Details
  readonly errors?: readonly FieldProblem[]
}

/** What went wrong, as one thing the edge can say. Anything it does not know is INTERNAL and tells the caller nothing. */
export function refusalFrom(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (isDomainError(error))
    return new ApiError(isProblemCode(error.code) ? error.code : 'INTERNAL', error.message, { details: error.details })
  return (
    fromFastify(error as FastifyError) ??
    fromOutside(error) ??
    new ApiError('INTERNAL', 'Something went wrong on our side. Nothing is known to have changed.')
  )
}

/** The document for a refusal; `details` of the request are its path and trace id only. */
export function problemDocument(refusal: ApiError, request: { path: string; traceId: string }): Problem {
  return {
    type: `/problems/${refusal.code.toLowerCase().replaceAll('_', '-')}`,
    title: titleOf(refusal.code),
    status: PROBLEM_STATUS[refusal.code],
    code: refusal.code,
    detail: refusal.message,
    instance: request.path,
    trace_id: request.traceId,
    ...(Object.keys(refusal.details).length > 0 && { details: refusal.details }),
    ...(refusal.errors.length > 0 && { errors: refusal.errors }),
  }
}

/** `ALREADY_DECIDED` → `Already decided`. */
export function titleOf(code: ProblemCode): string {
  const words = code.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'MALFORMED_BODY',
  404: 'NOT_FOUND',
  413: 'BODY_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'TOO_MANY_REQUESTS',
}

function fromFastify(error: FastifyError): ApiError | undefined {
  if (error.validation !== undefined) {
    const part = error.validationContext ?? 'body'
    const errors = error.validation.slice(0, MAX_ERRORS_TOLD).map((problem) => fieldProblem(part, problem as Violation))
    return new ApiError('INVALID_REQUEST', `The ${NAME_OF_PART[part] ?? part} does not fit what this route takes.`, { errors })
  }
  const code = BY_STATUS[error.statusCode ?? 500]
  return code && new ApiError(code, code === 'MALFORMED_BODY' ? 'The request could not be read as JSON.' : error.message)
}

const NAME_OF_PART: Readonly<Record<string, string>> = { querystring: 'query', params: 'path', headers: 'headers', body: 'body' }

interface Violation {
  readonly keyword: string
  readonly instancePath: string
  readonly message?: string
  readonly params: Readonly<Record<string, unknown>>
}

function fieldProblem(part: string, { keyword, instancePath, message, params }: Violation): FieldProblem {
  const where = { in: NAME_OF_PART[part] ?? part }
  if (keyword === 'additionalProperties')
    return { ...where, pointer: pointer(instancePath, params.additionalProperty), detail: 'is not known here' }
  if (keyword === 'required') return { ...where, pointer: pointer(instancePath, params.missingProperty), detail: 'is required' }
  if (keyword === 'pattern') return { ...where, pointer: `#${instancePath}`, detail: 'does not have the form this takes' }
  if (keyword === 'enum' && Array.isArray(params.allowedValues))
    return { ...where, pointer: `#${instancePath}`, detail: `must be one of ${params.allowedValues.join(', ')}` }
  return { ...where, pointer: `#${instancePath}`, detail: message ?? 'is not valid' }
}

function pointer(parent: string, name: unknown): string {
  return `#${parent}/${String(name).slice(0, 60).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08006',
  '08001',
])

/** Postgres being away passes: say so, and when to come back. */
function fromOutside(error: unknown): ApiError | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  return AWAY.has(code)
    ? new ApiError('TRY_AGAIN', 'The database cannot be reached just now.', { retryAfterSeconds: 5 })
    : undefined
}
