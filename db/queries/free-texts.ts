import type { Db, Tx } from '../client.ts'

/** Keeps what someone wrote and returns its number, which is all that messages and histories carry. */
export async function insertFreeText(db: Db | Tx, text: { body: string; writtenBy: string }): Promise<number> {
  const { textId } = await db.insertInto('freeTexts').values(text).returning('textId').executeTakeFirstOrThrow()
  return textId
}

/** What someone wrote, by its number; null when there is none. */
export async function readFreeText(db: Db | Tx, textId: number): Promise<string | null> {
  return (await db.selectFrom('freeTexts').select('body').where('textId', '=', textId).executeTakeFirst())?.body ?? null
}
