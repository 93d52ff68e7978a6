import { type RawBuilder, sql } from 'kysely'
import type { ReconciliationRule } from '../../../domain/reconciliation.ts'
import type { Tx } from '../../client.ts'
import type { JsonObject } from '../../tables.ts'

/** Something that does not agree: what it is about, and the figures. Ids and amounts only. */
export interface Finding {
  readonly subject: string
  readonly detail: JsonObject
}

/** What one rule found; cut off where there was more than anybody reads. */
export interface RuleResult {
  readonly rule: ReconciliationRule
  readonly findings: readonly Finding[]
  readonly isCutOff: boolean
}

/** What a look is about. */
export interface Look {
  readonly plant: string
  readonly zone: string
  readonly today: string
  readonly asOf: string
}

/** No more cases of one rule than this in one look. */
export const MOST_FINDINGS = 200

/** Runs a rule: a query of `subject` and `detail`, in one statement, so that all it compares is of one moment. */
export async function find(tx: Tx, rule: ReconciliationRule, query: RawBuilder<unknown>): Promise<RuleResult> {
  const { rows } =
    await sql<Finding>`select subject, detail from (${query}) found order by subject limit ${MOST_FINDINGS + 1}`.execute(tx)
  return resultOf(rule, rows)
}

/** The same from findings that are there already. */
export function resultOf(rule: ReconciliationRule, findings: readonly Finding[]): RuleResult {
  return { rule, findings: findings.slice(0, MOST_FINDINGS), isCutOff: findings.length > MOST_FINDINGS }
}
