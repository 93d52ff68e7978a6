import type { FastifyRequest } from 'fastify'
import type { Db } from '../db/client.ts'
import { type AccountKey, findVisibleAccount, type VisibleAccount } from '../db/queries/visibility.ts'
import { ApiError } from './errors.ts'
import { principalOf } from './principal.ts'

// What one may not see does not exist: always 404, in the same words, whether it is there or not.

/** The account or connection of the path, if whoever asks may see it; else NOT_FOUND. */
export async function visibleAccount(db: Db, request: FastifyRequest, key: AccountKey): Promise<VisibleAccount> {
  const account = await findVisibleAccount(db, principalOf(request), key)
  if (account === undefined) throw notFound('account')
  return account
}

/** The plant, if it is one of theirs; else NOT_FOUND. */
export function visiblePlant(request: FastifyRequest, plant: string): string {
  if (!principalOf(request).plants.includes(plant)) throw notFound('plant')
  return plant
}

/** The plants a list is about: the one asked for, or all of theirs. */
export function visiblePlants(request: FastifyRequest, plant: string | undefined): readonly string[] {
  return plant === undefined ? principalOf(request).plants : [visiblePlant(request, plant)]
}

/** The refusal for what does not exist or is not theirs to see. */
export function notFound(what: string): ApiError {
  return new ApiError('NOT_FOUND', `There is no such ${what}.`)
}
