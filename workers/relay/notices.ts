import { sql } from 'kysely'
import type { Db, Tx } from '../../db/client.ts'
import { lockAccounts } from '../../db/queries/accounts.ts'
import { businessNow, readClock } from '../../db/queries/clock.ts'
import { carryRefusedNotice } from '../../db/queries/dunning.ts'
import { nudge } from '../../db/queries/outbox.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { wallFor } from '../../domain/business-time.ts'
import { isNoticeKind, NOTICE_TRAITS } from '../../notifications/notices.ts'
import { sendableAt } from '../../notifications/quiet-hours.ts'
import type { NoticeChannel, Sender } from '../../notifications/sender.ts'
import type { Language } from '../../notifications/language.ts'
import { smsBody } from '../../notifications/sms.ts'
import { renderStoredNotice } from '../../notifications/texts.ts'

const BATCH = 20
const LONGEST_BACKOFF_SECONDS = 3600

export interface NoticeDeps {
  readonly db: Db
  readonly sender: Sender
  /** Wall time in ms: the plant's business time, and so its quiet hours, follow from it. */
  readonly now: () => number
  readonly onError: (notificationId: number, error: unknown) => void
}

interface Row {
  readonly notificationId: number
  readonly plant: string
  readonly accountId: string | null
  readonly staffLogin: string | null
  readonly kind: string
  readonly language: string
  readonly channel: string
  readonly params: unknown
  readonly attempts: number
}

/**
 * Sends one batch of queued notices and returns how many were dealt with. Held back in quiet hours, tried again after
 * trouble; a retry carries the same id. What was said is kept with when it was sent and whether it arrived.
 */
export async function deliverNotices(deps: NoticeDeps): Promise<number> {
  return deps.db.transaction().execute(async (tx) => {
    const rows = await tx
      .selectFrom('notifications')
      .select(['notificationId', 'plant', 'accountId', 'staffLogin', 'kind', 'language', 'channel', 'params', 'attempts'])
      .where('state', '=', 'queued')
      .where('nextAttemptAt', '<=', sql<string>`now()`)
      .orderBy('notificationId')
      .limit(BATCH)
      .forUpdate()
      .skipLocked()
      .execute()
    const onPaper: Row[] = []
    for (const row of rows) if ((await deliver(deps, tx, row)) === 'on-paper') onPaper.push(row)
    await haveCarried(deps, tx, onPaper)
    return rows.length
  })
}

/** Returns `on-paper` where the phone refused it and it is printed instead. */
async function deliver(deps: NoticeDeps, tx: Tx, row: Row): Promise<'on-paper' | undefined> {
  try {
    const asOf = await businessNow(tx, row.plant, deps.now())
    const heldForSeconds = await quietSeconds(deps, tx, { row, asOf })
    if (heldForSeconds > 0) {
      await postpone(tx, row.notificationId, { seconds: heldForSeconds })
      return undefined
    }
    const body = bodyOf(row)
    const sent = await deps.sender.send({
      id: String(row.notificationId),
      channel: row.channel as NoticeChannel,
      language: row.language as Language,
      to: await addressOf(tx, row),
      body,
    })
    if (sent.status === 'refused') {
      await refuse(tx, row, { reason: sent.reason, body })
      return row.channel === 'sms' ? 'on-paper' : undefined
    }
    await recordSent(tx, row, { body, asOf, delivered: sent.status === 'delivered', providerReference: sent.providerReference })
  } catch (error) {
    deps.onError(row.notificationId, error)
    await postpone(tx, row.notificationId, { seconds: Math.min(LONGEST_BACKOFF_SECONDS, 2 ** Math.min(row.attempts, 12)), error })
  }
  return undefined
}

/** Somebody is sent with what chasing waits for; the accounts are locked in order, before a task takes its number. */
async function haveCarried(deps: NoticeDeps, tx: Tx, rows: readonly Row[]): Promise<void> {
  const accounts = await lockAccounts(
    tx,
    rows.flatMap(({ accountId }) => accountId ?? []),
  )
  for (const row of rows) {
    const account = accounts.find(({ accountId }) => accountId === row.accountId)
    if (account === undefined) continue
    const asOf = await businessNow(tx, row.plant, deps.now())
    await carryRefusedNotice(tx, { account, notificationId: row.notificationId, asOf })
    await nudge(tx, `account:${account.accountId}`)
  }
}

function bodyOf(row: Row): string {
  const { body } = renderStoredNotice(row)
  return row.channel === 'sms' ? smsBody(body) : body
}

async function recordSent(
  tx: Tx,
  row: Row,
  sent: { body: string; asOf: string; delivered: boolean; providerReference: string },
): Promise<void> {
  const { body, asOf, delivered, providerReference } = sent
  await tx
    .updateTable('notifications')
    .set({
      state: delivered ? 'delivered' : 'sent',
      body,
      sentAt: asOf,
      deliveredAt: delivered ? asOf : null,
      providerReference,
      attempts: row.attempts + 1,
    })
    .where('notificationId', '=', row.notificationId)
    .execute()
  if (row.accountId !== null) await nudge(tx, `account:${row.accountId}`)
}

/** The number is wrong or blocked: it goes out on paper instead, to be carried by hand. */
async function refuse(tx: Tx, row: Row, { reason, body }: { reason: string; body: string }): Promise<void> {
  const change = row.channel === 'sms' ? { channel: 'print', state: 'queued' } : { state: 'failed' }
  await tx
    .updateTable('notifications')
    .set({ ...change, body, lastError: reason, attempts: row.attempts + 1 })
    .where('notificationId', '=', row.notificationId)
    .execute()
}

async function postpone(tx: Tx, notificationId: number, { seconds, error }: { seconds: number; error?: unknown }): Promise<void> {
  await tx
    .updateTable('notifications')
    .set((eb) => ({
      nextAttemptAt: sql<string>`now() + make_interval(secs => ${seconds})`,
      ...(error !== undefined && { attempts: eb('attempts', '+', 1), lastError: messageOf(error) }),
    }))
    .where('notificationId', '=', notificationId)
    .execute()
}

async function quietSeconds({ now }: NoticeDeps, tx: Tx, { row, asOf }: { row: Row; asOf: string }): Promise<number> {
  if (row.channel !== 'sms' || !isNoticeKind(row.kind)) return 0
  const { zone, policy } = await readPlant(tx, row.plant, asOf)
  const at = sendableAt({
    instant: asOf,
    zone,
    urgency: NOTICE_TRAITS[row.kind].urgency,
    quietHours: policy.quietHours,
  })
  if (at <= asOf) return 0
  const wall = wallFor(await readClock(tx, row.plant), at)
  return wall === undefined ? 1 : Math.max(0.2, (wall - now()) / 1000)
}

async function addressOf(tx: Tx, row: Row): Promise<string> {
  if (row.staffLogin !== null) return row.staffLogin
  const person = await tx
    .selectFrom('accounts')
    .innerJoin('persons', 'persons.personId', 'accounts.personId')
    .select('phone')
    .where('accountId', '=', row.accountId ?? '')
    .executeTakeFirstOrThrow()
  return row.channel === 'sms' && person.phone !== null ? person.phone : (row.accountId ?? '')
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : 'unknown').slice(0, 500)
}
