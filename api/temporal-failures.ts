import {
  isGrpcCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { ApiError, type Details, isProblemCode } from './errors.ts'

/** An accepted Update whose run ended before it answered: the decision's row says whether it counts. */
const ENDED_MEANWHILE = 'AcceptedUpdateCompletedWorkflow'

/** True when there was no run to speak to any more: what became of it stands in Postgres. */
export function hasEnded(error: unknown): boolean {
  if (error instanceof WorkflowNotFoundError) return true
  return (
    error instanceof WorkflowUpdateFailedError &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === ENDED_MEANWHILE
  )
}

/** The refusal behind a failed Update, or TRY_AGAIN where nobody answered in time; anything else is not ours to explain. */
export function refusalFromTemporal(error: unknown): ApiError | undefined {
  if (error instanceof WorkflowUpdateFailedError && !isTooEarly(error.cause)) return refusalOf(error.cause)
  if (error instanceof WorkflowUpdateFailedError || isAway(error))
    return new ApiError(
      'TRY_AGAIN',
      'The process did not answer in time. Send the same request again with the same Idempotency-Key.',
      { retryAfterSeconds: 2 },
    )
  return undefined
}

/** A run that has only just begun knows no decisions yet: the SDK then refuses them in its own words. */
function isTooEarly(cause: unknown): boolean {
  return cause instanceof ApplicationFailure && cause.message.startsWith('No registered handler for update')
}

function refusalOf(cause: unknown): ApiError | undefined {
  if (!(cause instanceof ApplicationFailure) || !isProblemCode(cause.type)) return undefined
  const [details] = cause.details ?? []
  return new ApiError(cause.type, cause.message, {
    ...(cause.type === 'TRY_AGAIN' && { retryAfterSeconds: 1 }),
    details: typeof details === 'object' && details !== null ? (details as Details) : {},
  })
}

function isAway(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    isGrpcDeadlineError(error) ||
    isGrpcCancelledError(error) ||
    isGrpcServiceError(error) ||
    // Wrapped by the client: the server is away, or a worker is in trouble with this very run just now.
    (error instanceof ServiceError && isGrpcServiceError(error.cause))
  )
}
