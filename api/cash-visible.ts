import type { FastifyRequest } from 'fastify'
import type { Db } from '../db/client.ts'
import { businessNow } from '../db/queries/clock.ts'
import { findCashHolder, mayHoldCash } from '../db/queries/cash-holders.ts'
import { type PlantTerms, readPlant } from '../db/queries/plants.ts'
import type { StaffPrincipal } from '../db/queries/sessions.ts'
import { plantOfCounter } from '../domain/cash.ts'
import { counterOf } from '../domain/payment.ts'
import type { ApiDeps } from './deps.ts'
import { staffOf } from './principal.ts'
import { notFound } from './visible.ts'

/** Those who see all cash of their plants; an agent or operator sees his own and the counter's. */
const SEES_ALL: readonly string[] = ['cluster-in-charge', 'state-in-charge', 'head-office']

/** The hands a person of staff may look into: undefined for all of their plants. */
export function visibleHolders({ role, login, plants }: StaffPrincipal): readonly string[] | undefined {
  return SEES_ALL.includes(role) ? undefined : [login, ...plants.map(counterOf)]
}

/** The plant of a hand whoever asks may look into; NOT_FOUND else, in the same words, whether it is there or not. */
export async function visibleHolder(db: Db, request: FastifyRequest, holder: string): Promise<{ holder: string; plant: string }> {
  const staff = staffOf(request)
  const mine = visibleHolders(staff)
  if (mine !== undefined && !mine.includes(holder)) throw notFound('holder of cash')
  const plant = await plantOfHolder(db, holder, staff.plants)
  if (plant === undefined) throw notFound('holder of cash')
  return { holder, plant }
}

/** The same, for whoever acts: one's own hand, or the counter's of one's plant. Cash in other hands is theirs to count (policy "cash"). */
export async function ownHolder(db: Db, request: FastifyRequest, holder: string): Promise<{ holder: string; plant: string }> {
  const { login } = staffOf(request)
  if (holder !== login && plantOfCounter(holder) === undefined) throw notFound('holder of cash')
  return visibleHolder(db, request, holder)
}

/** The plant among these where this hand is, or could be. */
export async function plantOfHolder(db: Db, holder: string, plants: readonly string[]): Promise<string | undefined> {
  const known = await findCashHolder(db, holder)
  if (known !== undefined) return plants.includes(known.plant) ? known.plant : undefined
  for (const plant of plants) if (await mayHoldCash(db, plant, holder)) return plant
  return undefined
}

/** A plant as it stands now, with its business time. */
export async function plantNow({ db, now }: ApiDeps, plant: string): Promise<{ plant: PlantTerms; asOf: string }> {
  const asOf = await businessNow(db, plant, now())
  return { plant: await readPlant(db, plant, asOf), asOf }
}
