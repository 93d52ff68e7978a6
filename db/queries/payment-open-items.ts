import type { Db, Tx } from '../client.ts'

/** Something in which a provider's statement and our books do not agree, until somebody has seen to it. */
export interface OpenItem {
  readonly itemId: number
  readonly statementId: number
  readonly plant: string
  readonly kind: 'not-in-statement' | 'another-amount'
  readonly provider: string
  readonly reference: string
  readonly paymentId: number
  readonly oursMinor: number
  readonly theirsMinor: number | null
  readonly currency: string
  readonly openedAt: string
  readonly closedAt: string | null
  readonly closedAs: 'acknowledged' | 'found' | null
  readonly closedBy: string | null
}

const COLUMNS = [
  'itemId',
  'statementId',
  'plant',
  'kind',
  'provider',
  'reference',
  'paymentId',
  'oursMinor',
  'theirsMinor',
  'currency',
  'openedAt',
  'closedAt',
  'closedAs',
  'closedBy',
] as const

interface NewItem {
  readonly statementId: number
  readonly plant: string
  readonly provider: string
  readonly reference: string
  readonly paymentId: number
  readonly kind: OpenItem['kind']
  readonly amountMinor: number
  readonly theirsMinor: number | null
  readonly currency: string
  readonly asOf: string
}

/** Opens an item, once a payment and kind: what somebody has seen to is not opened again. */
export async function openItem(tx: Tx, { amountMinor, asOf, ...item }: NewItem): Promise<void> {
  const { statementId, plant, provider, reference, paymentId, kind, theirsMinor, currency } = item
  await tx
    .insertInto('paymentOpenItems')
    .values({
      statementId,
      plant,
      provider,
      reference,
      paymentId,
      kind,
      theirsMinor,
      currency,
      oursMinor: amountMinor,
      openedAt: asOf,
    })
    .onConflict((c) => c.columns(['paymentId', 'kind']).doNothing())
    .execute()
}

export interface ItemFilter {
  readonly plants: readonly string[]
  readonly statementId?: number | undefined
  readonly isOpen?: boolean | undefined
  readonly before?: number | undefined
  readonly limit: number
}

/** Items at these plants, newest first. */
export async function listOpenItems(
  db: Db | Tx,
  { plants, statementId, isOpen, before, limit }: ItemFilter,
): Promise<OpenItem[]> {
  if (plants.length === 0) return []
  let rows = db.selectFrom('paymentOpenItems').select(COLUMNS).where('plant', 'in', plants).orderBy('itemId', 'desc').limit(limit)
  if (statementId !== undefined) rows = rows.where('statementId', '=', statementId)
  if (isOpen !== undefined) rows = rows.where('closedAt', isOpen ? 'is' : 'is not', null)
  if (before !== undefined) rows = rows.where('itemId', '<', before)
  return (await rows.execute()) as OpenItem[]
}

/** An item, if there is one of that number. */
export async function findOpenItem(db: Db | Tx, itemId: number): Promise<OpenItem | undefined> {
  const row = await db.selectFrom('paymentOpenItems').select(COLUMNS).where('itemId', '=', itemId).executeTakeFirst()
  return row as OpenItem | undefined
}

/** Somebody has seen to it, and wrote why it may stand. Returns whether it was open. */
export async function acknowledgeItem(
  tx: Tx,
  itemId: number,
  { by, textId, asOf }: { by: string; textId: number; asOf: string },
): Promise<boolean> {
  const closed = await tx
    .updateTable('paymentOpenItems')
    .set({ closedAt: asOf, closedAs: 'acknowledged', closedBy: by, textId })
    .where('itemId', '=', itemId)
    .where('closedAt', 'is', null)
    .returning('itemId')
    .executeTakeFirst()
  return closed !== undefined
}

/** Who has seen to a quarantined notice, and when. */
export interface NoticeAcknowledgement {
  readonly acknowledgedBy: string
  readonly acknowledgedAt: string
}

/** That of a notice, if there is one. */
export function acknowledgementOf(db: Db | Tx, noticeId: number): Promise<NoticeAcknowledgement | undefined> {
  return db
    .selectFrom('noticeAcknowledgements')
    .select(['acknowledgedBy', 'acknowledgedAt'])
    .where('noticeId', '=', noticeId)
    .executeTakeFirst()
}

/** Somebody has seen to a quarantined notice, and wrote why it may rest. Returns whether nobody had before. */
export async function acknowledgeNotice(
  tx: Tx,
  noticeId: number,
  { by, textId, asOf }: { by: string; textId: number; asOf: string },
): Promise<boolean> {
  const made = await tx
    .insertInto('noticeAcknowledgements')
    .values({ noticeId, acknowledgedBy: by, acknowledgedAt: asOf, textId })
    .onConflict((c) => c.column('noticeId').doNothing())
    .returning('noticeId')
    .executeTakeFirst()
  return made !== undefined
}
