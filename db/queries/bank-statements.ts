import type { StatementLine } from '../../domain/bank-statement.ts'
import { type FreeLine, proposeMatches, type ProposedMatch, restMinor, type SoughtDeposit } from '../../domain/cash-deposit.ts'
import type { Db, Tx } from '../client.ts'
import { type CashDeposit, listDeposits } from './cash-deposits.ts'
import type { PlantTerms } from './plants.ts'

/** A credit of the bank, and the deposit it was found to be. */
export interface BankLine extends FreeLine {
  readonly plant: string
  readonly bankAccount: string
  readonly currency: string
  readonly depositId: string | null
}

export interface BankStatement {
  readonly statementId: number
  readonly plant: string
  readonly bankAccount: string
  readonly importedBy: string
  readonly importedAt: string
  readonly linesNew: number
  readonly linesKnown: number
}

const MOST_PROPOSED = 200

/** Keeps the lines of a statement that are not known yet: the same file read again, or one that overlaps, adds nothing twice. */
export async function importStatement(
  tx: Tx,
  { plant, asOf }: { plant: PlantTerms; asOf: string },
  statement: { bankAccount: string; importedBy: string; lines: readonly StatementLine[] },
): Promise<BankStatement> {
  const { bankAccount, importedBy, lines } = statement
  const isKnown = await knownLines(tx, bankAccount, lines)
  const linesNew = lines.filter((line) => !isKnown(line)).length
  const row = await tx
    .insertInto('bankStatements')
    .values({
      plant: plant.plant,
      bankAccount,
      importedBy,
      importedAt: asOf,
      linesNew,
      linesKnown: lines.length - linesNew,
    })
    .returning(['statementId', 'plant', 'bankAccount', 'importedBy', 'importedAt', 'linesNew', 'linesKnown'])
    .executeTakeFirstOrThrow()
  const { statementId } = row
  if (lines.length > 0)
    await tx
      .insertInto('bankStatementLines')
      .values(lines.map((line) => ({ ...line, statementId, plant: plant.plant, bankAccount, currency: plant.currency })))
      .onConflict((c) => c.columns(['bankAccount', 'bookedOn', 'reference', 'amountMinor', 'ordinal']).doNothing())
      .execute()
  return row
}

async function knownLines(
  tx: Tx,
  bankAccount: string,
  lines: readonly StatementLine[],
): Promise<(line: StatementLine) => boolean> {
  const days = [...new Set(lines.map(({ bookedOn }) => bookedOn))]
  if (days.length === 0) return () => false
  const before = await tx
    .selectFrom('bankStatementLines')
    .select(['bookedOn', 'reference', 'amountMinor', 'ordinal'])
    .where('bankAccount', '=', bankAccount)
    .where('bookedOn', 'in', days)
    .execute()
  const known = new Set(before.map(keyOf))
  return (line) => known.has(keyOf(line))
}

function keyOf({ bookedOn, reference, amountMinor, ordinal }: StatementLine): string {
  return JSON.stringify([bookedOn, reference, amountMinor, ordinal])
}

/** A line of the bank, if there is one. */
export async function findBankLine(db: Db | Tx, lineId: number): Promise<BankLine | undefined> {
  return linesOf(db).where('bankStatementLines.lineId', '=', lineId).executeTakeFirst()
}

/** Lines of these plants, newest first; `isFree` for those that no deposit has used. */
export async function listBankLines(
  db: Db | Tx,
  asked: { plants: readonly string[]; isFree?: boolean; before?: number | undefined; limit: number },
): Promise<BankLine[]> {
  const { plants, isFree = false, before, limit } = asked
  if (plants.length === 0) return []
  let rows = linesOf(db).where('bankStatementLines.plant', 'in', plants).orderBy('bankStatementLines.lineId', 'desc').limit(limit)
  if (isFree) rows = rows.where('cashDepositCredits.depositId', 'is', null)
  if (before !== undefined) rows = rows.where('bankStatementLines.lineId', '<', before)
  return rows.execute()
}

function linesOf(db: Db | Tx) {
  return db
    .selectFrom('bankStatementLines')
    .leftJoin('cashDepositCredits', 'cashDepositCredits.lineId', 'bankStatementLines.lineId')
    .select([
      'bankStatementLines.lineId',
      'bankStatementLines.plant',
      'bankAccount',
      'bookedOn',
      'reference',
      'bankStatementLines.amountMinor',
      'currency',
      'cashDepositCredits.depositId',
    ])
}

/** Which free line of the bank may be which deposit that nobody has verified; head office confirms or not. */
export async function proposedMatches(
  db: Db | Tx,
  plant: PlantTerms,
): Promise<{ match: ProposedMatch; deposit: CashDeposit; line: BankLine }[]> {
  const deposits = (await listDeposits(db, { plants: [plant.plant], state: 'declared', limit: MOST_PROPOSED })).toReversed()
  const earliest = deposits.map(({ depositedOn }) => depositedOn).toSorted()[0]
  if (earliest === undefined) return []
  const lines = await linesOf(db)
    .where('bankStatementLines.plant', '=', plant.plant)
    .where('cashDepositCredits.depositId', 'is', null)
    .where('bookedOn', '>=', earliest)
    .orderBy('bookedOn')
    .orderBy('bankStatementLines.lineId')
    .execute()
  const sought: SoughtDeposit[] = deposits.map((deposit) => ({ ...deposit, restMinor: restMinor(deposit) }))
  return proposeMatches(sought, lines, plant.policy).flatMap((match) => {
    const deposit = deposits.find(({ depositId }) => depositId === match.depositId)
    const line = lines.find(({ lineId }) => lineId === match.lineId)
    return deposit === undefined || line === undefined ? [] : [{ match, deposit, line }]
  })
}
