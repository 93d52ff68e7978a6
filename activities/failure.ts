import { ApplicationFailure } from '@temporalio/common'
import { isDomainError } from '../domain/errors.ts'

type Activity = (...args: never[]) => Promise<unknown>

/**
 * Wraps activities so that a refusal of ours ends the attempt at once, with the code as the failure's type. Anything else is
 * outside trouble or a bug: it stays an ordinary error, and Temporal tries again.
 */
export function refusalsAreFinal<T extends Record<string, Activity>>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [name, finalOnRefusal(activity)])
  return Object.fromEntries(wrapped) as T
}

function finalOnRefusal(activity: Activity): Activity {
  return async (...args) => {
    try {
      return await activity(...args)
    } catch (error) {
      if (!isDomainError(error)) throw error
      throw ApplicationFailure.nonRetryable(error.message, error.code, error.details)
    }
  }
}
