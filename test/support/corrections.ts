import { sql } from 'kysely'
import type { Db } from '../../db/client.ts'
import { withAccount } from '../../db/queries/accounts.ts'
import { takeBillNumbers } from '../../db/queries/bills.ts'
import { allocateCredit, issueCharge } from '../../db/queries/charges.ts'
import { type NoteRequest, requestNote, requestReadingCorrection } from '../../db/queries/correction-requests.ts'
import { type Correction, readCorrection } from '../../db/queries/corrections.ts'
import { type DisputeRaised, raiseDispute } from '../../db/queries/dispute-requests.ts'
import { type Dispute, readDispute } from '../../db/queries/disputes.ts'
import { insertReadings } from '../../db/queries/boundary-readings.ts'
import { listNotes, type NoteEntry } from '../../db/queries/notes.ts'
import { startOfDay } from '../../domain/calendar.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { DecisionUpdate, StandingDecision } from '../../workflows/decisions.ts'
import type { ConnectedCustomer } from './connections.ts'
import { openOf } from './payers.ts'
import { type Village, ZONE } from './village.ts'

/** July of a B1.1 household, 23 units: 50.00 + 23 × 18.00 = 464.00, read by binod and looked at by chandan. */
export interface JulyBill {
  readonly chargeId: number
  readonly billNumber: string
  readonly readingId: number
}

/** A bill for July as billing leaves one, with its readings: 100,000 to 123,000 Wh. Due on 2026-08-10 unless said otherwise. */
export async function billJuly(
  db: Db,
  customer: ConnectedCustomer,
  { at, dueOn = '2026-08-10' }: { at: string; dueOn?: string },
): Promise<JulyBill> {
  const { accountId, customerId, serial } = customer
  const period = { from: '2026-07-01', to: '2026-08-01' }
  return withAccount(db, accountId, async (tx, account) => {
    const [readingId = 0] = await insertReadings(tx, [
      {
        customerId,
        serial,
        takenAt: startOfDay(period.to, ZONE),
        boundary: period.to,
        registerWh: 123_000,
        source: 'visit',
        state: 'accepted',
        rules: [],
        enteredBy: 'binod',
        reviewedBy: 'chandan',
        photoRef: 'photos/july.jpg',
      },
    ])
    const lines = [
      { kind: 'fixed', amountMinor: 5_000 },
      { kind: 'energy', amountMinor: 41_400 },
    ]
    const { chargeId } = await issueCharge(
      tx,
      { account, asOf: at },
      { kind: 'electricity', mode: 'postpaid', source: period.from, amountMinor: 46_400, dueOn, period, lines },
    )
    const [number = ''] = await takeBillNumbers(tx, account.plant, 1)
    const document = {
      mode: 'postpaid',
      period,
      packages: [{ energyRateMinorPerKwh: 1_800 }],
      readings: [{ serial, fromRegisterWh: 100_000, toRegisterWh: 123_000 }],
    }
    const money = { totalMinor: 46_400, outstandingBeforeMinor: 0, creditBeforeMinor: 0, currency: 'INR' }
    const { billId } = await tx
      .insertInto('bills')
      .values({
        number,
        accountId,
        kind: 'electricity',
        source: period.from,
        issuedAt: at,
        dueOn,
        document: JSON.stringify(document),
        ...money,
      })
      .returning('billId')
      .executeTakeFirstOrThrow()
    await tx.insertInto('billCharges').values({ billId, chargeId }).execute()
    await allocateCredit(tx, { account, asOf: at, zone: ZONE })
    return { chargeId, billNumber: number, readingId }
  })
}

/** Settled, and no run has a workflow task under way: what one process ends wakes another, which may not have begun to look. */
async function atRest(katsa: Village): Promise<void> {
  const { client } = katsa.temporal
  for (let isAtRest = false; !isAtRest;) {
    await katsa.settle()
    const open = await katsa.db.selectFrom('processes').select('workflowId').where('outcome', 'is', null).execute()
    const lasts = await Promise.all(
      open.map(async ({ workflowId }) => (await client.workflow.getHandle(workflowId).fetchHistory()).events?.at(-1)),
    )
    isAtRest = lasts.every((event) => !event?.workflowTaskScheduledEventAttributes && !event?.workflowTaskStartedEventAttributes)
    if (!isAtRest) await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

type AskedNote = Partial<NoteRequest> & Pick<NoteRequest, 'chargeId' | 'amountMinor'>

/** What people ask for and decide about corrections and disputes. */
export function correctionDesk(katsa: Village) {
  const send = async (
    workflowId: string,
    update: DecisionUpdate,
    { by, detail }: { by: string; detail?: Record<string, unknown> },
  ): Promise<StandingDecision> => {
    const args: [{ by: string; detail?: never }] = [{ by, ...(detail && { detail: detail as never }) }]
    const answer = await katsa.temporal.client.workflow.getHandle(workflowId).executeUpdate(update, { args })
    await atRest(katsa)
    return answer
  }
  const desk = {
    /** A CSA asks for a credit note for a wrong reading, unless said otherwise. Returns the correction's id. */
    async ask({ accountId }: ConnectedCustomer, asked: AskedNote): Promise<string> {
      const asOf = await katsa.now()
      const note = { kind: 'credit', reason: 'wrong-reading', textId: null, requestedBy: 'asha', asOf, ...asked } as const
      const { correctionId } = await withAccount(katsa.db, accountId, (tx, account) => requestNote(tx, account, note))
      await katsa.settle()
      return correctionId
    },
    async askReading({ accountId }: ConnectedCustomer, asked: { readingId: number; registerWh: number; requestedBy?: string }) {
      const asOf = await katsa.now()
      const full = { photoRef: null, reason: 'wrong-reading', textId: null, requestedBy: 'jyoti', asOf, ...asked } as const
      const made = await withAccount(katsa.db, accountId, (tx, account) => requestReadingCorrection(tx, account, full))
      await katsa.settle()
      return made.correctionId
    },
    async dispute(
      { accountId }: ConnectedCustomer,
      raised: Partial<DisputeRaised> & Pick<DisputeRaised, 'billNumber'>,
    ): Promise<string> {
      const asOf = await katsa.now()
      const full = { reason: 'reading', textId: null, raisedBy: 'customer:T0001', asOf, ...raised } as const
      const { disputeId } = await withAccount(katsa.db, accountId, (tx, account) => raiseDispute(tx, account, full))
      await katsa.settle()
      return disputeId
    },
    decide: (correctionId: string, update: DecisionUpdate, by: string) =>
      send(processIds.correction(correctionId), update, { by }),
    answer: (disputeId: string, update: DecisionUpdate, by: string, detail?: Record<string, unknown>) =>
      send(processIds.dispute(disputeId), update, { by, ...(detail && { detail }) }),
    correction: (correctionId: string): Promise<Correction> => readCorrection(katsa.db, correctionId),
    disputed: (disputeId: string): Promise<Dispute> => readDispute(katsa.db, disputeId),
    process: (correctionId: string) => katsa.process(processIds.correction(correctionId)),
    disputeProcess: (disputeId: string) => katsa.process(processIds.dispute(disputeId)),
    notes: ({ accountId }: ConnectedCustomer): Promise<NoteEntry[]> => listNotes(katsa.db, accountId, { limit: 50 }),
    open: async (chargeId: number): Promise<number> => (await openOf(katsa.db, chargeId))[0] ?? 0,
    async balance(code: string): Promise<number> {
      const { rows } = await sql<{ minor: number }>`select balance_of(${code}) as minor`.execute(katsa.db)
      return rows[0]?.minor ?? 0
    },
    /** Who was told what about a correction, a dispute or an account's holder, in order. */
    async told(subject: { requestId: string } | { accountId: string }): Promise<string[]> {
      const rows = katsa.db.selectFrom('notifications').select(['kind', 'staffLogin']).orderBy('notificationId')
      const found =
        'requestId' in subject
          ? rows.where(sql<boolean>`params->>'requestId' = ${subject.requestId}`)
          : rows.where('accountId', '=', subject.accountId)
      return (await found.execute()).map(({ kind, staffLogin }) => (staffLogin === null ? kind : `${kind} ${staffLogin}`))
    },
    async noticeOf({ accountId }: ConnectedCustomer, kind: string): Promise<Record<string, unknown>> {
      const rows = katsa.db
        .selectFrom('notifications')
        .select('params')
        .where('accountId', '=', accountId)
        .where('kind', '=', kind)
      const row = await rows.orderBy('notificationId', 'desc').executeTakeFirstOrThrow()
      return row.params as Record<string, unknown>
    },
  }
  return desk
}
