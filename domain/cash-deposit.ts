import type { IsoDate, IsoInstant, Zone } from './calendar.ts'
import { addDuration, addToInstant } from './calendar.ts'
import { assertPositiveMinor } from './money.ts'
import type { PlantPolicy } from './policy.ts'

export const DEPOSIT_STATES = ['declared', 'verified', 'returned', 'short'] as const
/** Where a bank deposit stands: said, seen by the bank, back in hand, or owed by whoever had it. */
export type DepositState = (typeof DEPOSIT_STATES)[number]

type CashPolicy = Pick<PlantPolicy, 'cash' | 'tasks'>

/** What is still on its way. */
export function restMinor(deposit: {
  readonly amountMinor: number
  readonly creditedMinor: number
  readonly returnedMinor: number
  readonly shortMinor: number
}): number {
  return deposit.amountMinor - deposit.creditedMinor - deposit.returnedMinor - deposit.shortMinor
}

/** How a line of the bank settles a rest: part of it, all of it, or all of it and more. */
export function creditOf(lineMinor: number, rest: number): { amountMinor: number; surplusMinor: number } {
  const amountMinor = Math.min(assertPositiveMinor(lineMinor), assertPositiveMinor(rest))
  return { amountMinor, surplusMinor: lineMinor - amountMinor }
}

/** A slip's reference as it is compared: capitals and digits only. */
export function slipKey(reference: string): string {
  return reference.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
}

/** When a deposit that nobody has verified is chased next, and how: head office, then the state in-charge and the depositor as well. */
export function nextDepositChase(
  { declaredAt, chases, chasedAt, zone }: { declaredAt: IsoInstant; chases: number; chasedAt: IsoInstant | null; zone: Zone },
  { cash, tasks }: CashPolicy,
): { at: IsoInstant; level: 'remind' | 'escalate' } {
  const due = addToInstant(declaredAt, cash.verifyWithin, zone)
  if (chases === 0 || chasedAt === null) return { at: due, level: 'remind' }
  if (chases === 1) return { at: addToInstant(due, tasks.escalateAfter, zone), level: 'escalate' }
  return { at: addToInstant(chasedAt, tasks.remindAfter, zone), level: 'escalate' }
}

/** A deposit as far as finding it at the bank goes. */
export type SoughtDeposit = {
  readonly depositId: string
  readonly slipReference: string
  readonly depositedOn: IsoDate
  readonly restMinor: number
}

/** A line of a bank's statement that no deposit has used. */
export type FreeLine = {
  readonly lineId: number
  readonly bookedOn: IsoDate
  readonly reference: string
  readonly amountMinor: number
}

/** How sure a proposal is: both agree, only the amount (in its days), only the reference (another amount). */
export type MatchStrength = 'amount-and-reference' | 'amount' | 'reference'
export type ProposedMatch = { readonly depositId: string; readonly lineId: number; readonly strength: MatchStrength }

const STRENGTHS: readonly MatchStrength[] = ['amount-and-reference', 'reference', 'amount']

/**
 * Proposes which line of the bank is which deposit, the surest first; each is proposed once. A line counts from the day of the deposit for
 * as long as the policy gives (`cash.matchWithin`). Nothing is decided by it: head office confirms.
 */
export function proposeMatches(
  deposits: readonly SoughtDeposit[],
  lines: readonly FreeLine[],
  { cash }: Pick<PlantPolicy, 'cash'>,
): ProposedMatch[] {
  const proposed: ProposedMatch[] = []
  const used = new Set<string | number>()
  for (const strength of STRENGTHS)
    for (const deposit of deposits) {
      if (used.has(deposit.depositId)) continue
      const line = lines.find((one) => !used.has(one.lineId) && strengthOf(deposit, one, cash.matchWithin) === strength)
      if (line === undefined) continue
      used.add(deposit.depositId).add(line.lineId)
      proposed.push({ depositId: deposit.depositId, lineId: line.lineId, strength })
    }
  return proposed
}

function strengthOf(deposit: SoughtDeposit, line: FreeLine, within: string): MatchStrength | undefined {
  if (line.bookedOn < deposit.depositedOn || line.bookedOn > addDuration(deposit.depositedOn, within)) return undefined
  const isSameReference = slipKey(line.reference).includes(slipKey(deposit.slipReference))
  const isSameAmount = line.amountMinor === deposit.restMinor
  if (isSameReference) return isSameAmount ? 'amount-and-reference' : 'reference'
  return isSameAmount ? 'amount' : undefined
}
