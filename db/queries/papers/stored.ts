import type { Paper, PaperKind } from '../../../papers/document.ts'
import type { Db, Tx } from '../../client.ts'

/** A paper as it was drawn up: its model never changes. */
export interface StoredPaper {
  readonly paperId: string
  readonly templateVersion: number
  readonly model: Paper
}

export interface NewPaper extends StoredPaper {
  readonly plant: string
  readonly accountId: string
  readonly kind: PaperKind
  readonly subject: string
  readonly language: string
  readonly madeAt: string
  readonly madeBy: string
}

/** The paper of that id; undefined before it was first asked for. */
export async function findPaper(db: Db | Tx, paperId: string): Promise<StoredPaper | undefined> {
  const row = await db
    .selectFrom('papers')
    .select(['paperId', 'templateVersion', 'model'])
    .where('paperId', '=', paperId)
    .executeTakeFirst()
  return row === undefined ? undefined : { ...row, model: row.model as unknown as Paper }
}

/** Stores a paper and returns the one that stands: of two who ask at once the first draws it up. */
export async function storePaper(db: Db | Tx, { model, ...paper }: NewPaper): Promise<StoredPaper> {
  await db
    .insertInto('papers')
    .values({ ...paper, model: JSON.stringify(model) })
    .onConflict((c) => c.column('paperId').doNothing())
    .execute()
  const stored = await findPaper(db, paper.paperId)
  if (stored === undefined) throw new Error(`paper ${paper.paperId} was not stored`)
  return stored
}

/** Keeps the digest of a form when it is first made, and returns the digest that stands. */
export async function keepDigest(db: Db | Tx, made: { paperId: string; format: string; sha256: string }): Promise<string> {
  await db
    .insertInto('paperRenderings')
    .values(made)
    .onConflict((c) => c.columns(['paperId', 'format']).doNothing())
    .execute()
  const { sha256 } = await db
    .selectFrom('paperRenderings')
    .select('sha256')
    .where('paperId', '=', made.paperId)
    .where('format', '=', made.format)
    .executeTakeFirstOrThrow()
  return sha256
}
