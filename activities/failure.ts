import { activityInfo } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import { NoResultError } from 'kysely'
import { Contradiction, isDomainError } from '../domain/errors.ts'

type Activity = (...args: never[]) => Promise<unknown>

/** A contradiction in the data may be a race that the next try wins; after so many it is a matter for a person. */
const TRIES_OF_A_BUG = 5
/** SQLSTATE classes that another try does not cure: data, integrity, syntax and rights. */
const OUR_FAULT = /^(22|23|42)/

/**
 * Wraps activities so that a refusal of ours ends the attempt at once, with the code as the failure's type. What looks like a
 * bug is tried a few times and then ends too, so that its process is parked where people see it. Anything else is outside
 * trouble: it stays an ordinary error, and Temporal tries again for as long as it takes.
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
      if (isDomainError(error)) throw ApplicationFailure.nonRetryable(error.message, error.code, error.details)
      if (isBug(error) && triesSoFar() >= TRIES_OF_A_BUG)
        throw ApplicationFailure.nonRetryable(`A fault of ours: ${nameOf(error)}`, 'BUG')
      throw error
    }
  }
}

/** True for mistakes in our code or contradictions in our data: what must be there is not (a row too), or is what it cannot be. */
export function isBug(error: unknown): boolean {
  if (error instanceof Contradiction || error instanceof NoResultError) return true
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) return true
  return OUR_FAULT.test(sqlState(error))
}

/** Names the fault without its values: a message of the database may quote what somebody wrote. Ours name ids only. */
function nameOf(error: unknown): string {
  if (error instanceof Contradiction) return error.message
  if (error instanceof NoResultError) return 'a row that must be there is not'
  const code = sqlState(error)
  return code === '' && error instanceof Error ? error.name : `SQLSTATE ${code}`
}

function sqlState(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

/** 1 where an activity is called as a plain function, outside a worker. */
function triesSoFar(): number {
  try {
    return activityInfo().attempt
  } catch {
    return 1
  }
}
