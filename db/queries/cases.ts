import { sql } from 'kysely'
import { DomainError } from '../../domain/errors.ts'
import { caseId } from '../../domain/ids.ts'
import type { ReconciliationRule } from '../../domain/reconciliation.ts'
import type { Db, Tx } from '../client.ts'
import type { JsonObject } from '../tables.ts'
import { insertFreeText } from './free-texts.ts'
import { takeNumbers } from './numbers.ts'
import type { RuleResult } from './reconciliation/finding.ts'

/** Something that did not agree, until it does or a person says that it is settled. */
export interface Case {
  readonly caseId: string
  readonly plant: string
  readonly rule: ReconciliationRule
  readonly subject: string
  readonly detail: JsonObject
  readonly foundAt: string
  readonly seenAt: string
  readonly state: CaseState
  readonly acknowledgedBy: string | null
  readonly acknowledgedAt: string | null
  readonly closedAt: string | null
  readonly closedAs: 'gone' | 'settled' | null
  readonly closedBy: string | null
}

export const CASE_STATES = ['open', 'acknowledged', 'closed'] as const
export type CaseState = (typeof CASE_STATES)[number]

const COLUMNS = [
  'caseId',
  'plant',
  'rule',
  'subject',
  'detail',
  'foundAt',
  'seenAt',
  'state',
  'acknowledgedBy',
  'acknowledgedAt',
  'closedAt',
  'closedAs',
  'closedBy',
] as const

/** How many cases a look opened, and how many closed because they are gone. */
export interface CaseChanges {
  readonly found: number
  readonly opened: number
  readonly gone: number
}

/**
 * Opens a case for everything that is found anew, keeps up those that are found again, and closes those that are not found any more.
 * Where a rule was cut off nothing counts as gone. Repeating it changes nothing.
 */
export async function keepCases(
  tx: Tx,
  { plant, asOf }: { plant: string; asOf: string },
  results: readonly RuleResult[],
): Promise<CaseChanges> {
  const changes = { found: 0, opened: 0, gone: 0 }
  for (const { rule, findings, isCutOff } of results) {
    const standing = await tx
      .selectFrom('cases')
      .select(['caseId', 'subject'])
      .where('plant', '=', plant)
      .where('rule', '=', rule)
      .where('state', '<>', 'closed')
      .execute()
    const known = new Map(standing.map((one) => [one.subject, one.caseId]))
    changes.found += findings.length
    for (const { subject, detail } of findings) {
      const again = known.get(subject)
      if (again === undefined) changes.opened += await openCase(tx, { plant, rule, subject, detail, asOf })
      else
        await tx
          .updateTable('cases')
          .set({ detail: JSON.stringify(detail), seenAt: asOf })
          .where('caseId', '=', again)
          .execute()
      known.delete(subject)
    }
    if (!isCutOff && known.size > 0) {
      await tx
        .updateTable('cases')
        .set({ state: 'closed', closedAs: 'gone', closedAt: asOf })
        .where('caseId', 'in', [...known.values()])
        .execute()
      changes.gone += known.size
    }
  }
  return changes
}

async function openCase(
  tx: Tx,
  { plant, rule, subject, detail, asOf }: { plant: string; rule: string; subject: string; detail: JsonObject; asOf: string },
): Promise<number> {
  const id = caseId(plant, await takeNumbers(tx, `${plant}:case`, 1))
  const row = { caseId: id, plant, rule, subject, detail: JSON.stringify(detail), foundAt: asOf, seenAt: asOf }
  await tx.insertInto('cases').values(row).execute()
  return 1
}

/** Cases of these plants, the newest first; `before` is the last one of the page before. */
export async function listCases(
  db: Db | Tx,
  {
    plants,
    state,
    rule,
    before,
    limit,
  }: {
    plants: readonly string[]
    state?: CaseState | undefined
    rule?: string | undefined
    before?: { foundAt: string; caseId: string } | undefined
    limit: number
  },
): Promise<Case[]> {
  if (plants.length === 0) return []
  let rows = db.selectFrom('cases').select(COLUMNS).where('plant', 'in', plants)
  if (state !== undefined) rows = rows.where('state', '=', state)
  if (rule !== undefined) rows = rows.where('rule', '=', rule)
  if (before !== undefined)
    rows = rows.where(sql<boolean>`(found_at, case_id) < (${before.foundAt}::timestamptz, ${before.caseId})`)
  return (await rows.orderBy('foundAt', 'desc').orderBy('caseId', 'desc').limit(limit).execute()) as Case[]
}

/** One case, if there is one of that number. */
export async function findCase(db: Db | Tx, id: string): Promise<Case | undefined> {
  return (await db.selectFrom('cases').select(COLUMNS).where('caseId', '=', id).executeTakeFirst()) as Case | undefined
}

/** How many cases of a plant are not closed. */
export async function countOpenCases(db: Db | Tx, plant: string): Promise<number> {
  const { n } = await db
    .selectFrom('cases')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('plant', '=', plant)
    .where('state', '<>', 'closed')
    .executeTakeFirstOrThrow()
  return Number(n)
}

/** What a person says of a case. */
export interface CaseVerdict {
  readonly caseId: string
  readonly by: string
  readonly text: string
  readonly asOf: string
}

/** Somebody has it in hand, and says how: only an open case (ALREADY_DECIDED). */
export async function acknowledgeCase(tx: Tx, { caseId: id, by, text, asOf }: CaseVerdict): Promise<Case> {
  await lockCase(tx, id, ['open'])
  const acknowledgedTextId = await insertFreeText(tx, { body: text, writtenBy: by })
  await tx
    .updateTable('cases')
    .set({ state: 'acknowledged', acknowledgedBy: by, acknowledgedAt: asOf, acknowledgedTextId })
    .where('caseId', '=', id)
    .execute()
  return (await findCase(tx, id)) as Case
}

/** Somebody says that it is settled, and why: not one that is closed (ALREADY_DECIDED). Found again it is a case anew. */
export async function settleCase(tx: Tx, { caseId: id, by, text, asOf }: CaseVerdict): Promise<Case> {
  await lockCase(tx, id, ['open', 'acknowledged'])
  const closedTextId = await insertFreeText(tx, { body: text, writtenBy: by })
  await tx
    .updateTable('cases')
    .set({ state: 'closed', closedAs: 'settled', closedAt: asOf, closedBy: by, closedTextId })
    .where('caseId', '=', id)
    .execute()
  return (await findCase(tx, id)) as Case
}

async function lockCase(tx: Tx, id: string, states: readonly CaseState[]): Promise<void> {
  const row = await tx.selectFrom('cases').select('state').where('caseId', '=', id).forUpdate().executeTakeFirst()
  if (row === undefined) throw new DomainError('NOT_FOUND', 'no such case')
  if (!(states as readonly string[]).includes(row.state))
    throw new DomainError('ALREADY_DECIDED', 'this case was seen to already', { state: row.state })
}
