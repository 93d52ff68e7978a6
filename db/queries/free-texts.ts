import type { Db, Tx } from '../client.ts'

/** Keeps what someone wrote and returns its number, which is all that messages and histories carry. */
export async function insertFreeText(db: Db | Tx, text: { body: string; writtenBy: string }): Promise<number> {
  const { textId } = await db.insertInto('freeTexts').values(text).returning('textId').executeTakeFirstOrThrow()
  return textId
}
