import type { Db, Tx } from '../db/client.ts'
import { type LockedAccount, inTransaction } from '../db/queries/accounts.ts'
import { allocateCredit } from '../db/queries/charges.ts'
import { post } from '../db/queries/ledger.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { insertNote, readChargeToCorrect, takeNoteNumber } from '../db/queries/notes.ts'
import { nudge } from '../db/queries/outbox.ts'
import { liftHold, placeHold } from '../db/queries/supply.ts'
import { readSupplyState } from '../db/queries/supply-state.ts'
import { type Advance, advanceReckoning, type AdvanceStep, ownHold } from '../domain/advance-cycle.ts'
import { dateAt } from '../domain/calendar.ts'
import { postPrepaidEarned, postPrepaidUnused } from '../domain/ledger.ts'
import { creditedByRule } from '../domain/note.ts'
import {
  type AdvanceCycle,
  type AdvanceFacts,
  type AdvanceKey,
  lapseSource,
  lapseTask,
  readAdvanceCycle,
  takeAdvanceStep,
} from './advance-cycle.ts'
import { isOpen } from './billing-cycle.ts'
import { deliverByHand } from './billing-steps.ts'
import { doMeterWork, withdrawHandTask } from './hand-work.ts'

type At = AdvanceKey & { readonly asOf: string }
type Facts = AdvanceFacts & { readonly account: LockedAccount }

/** The steps of one pre-paid advance after it was demanded: each a transaction that acts only if it still is the next step. */
export function createAdvanceActivities({ db }: { db: Db }) {
  const step = (expected: AdvanceStep['kind'], act: (tx: Tx, facts: Facts) => Promise<void>) => (at: At) =>
    takeAdvanceStep(db, at, { expected, act })
  return {
    /** Where the advance stands and what comes next. */
    readAdvanceCycle: (at: At): Promise<AdvanceCycle> => readAdvanceCycle(db, at),

    /** Gives the printed demand to somebody who carries it there. */
    deliverAdvanceByHand: step('deliver-by-hand', (tx, facts) => deliverByHand(tx, facts)),

    /** Grace is over: the supply is held back, and the customer is told. */
    lapseAdvance: step('lapse', lapse),

    /** It is paid: dark days are credited, and the supply is lit again in the same transaction. */
    settleAdvance: step('settle', async (tx, facts) => {
      await creditDarkDays(tx, facts)
      await relight(tx, facts)
    }),

    /** The month is over unpaid: its dark days are credited, what was used stays owed. */
    closeOutAdvance: step('close-out', creditDarkDays),

    /** The month has begun (or ended): what was paid for it is income. */
    earnAdvance: step('earn', earn),

    /** The supply is paid for again. */
    relightAfterLapse: step('relight', relight),

    /** Sends somebody to switch off a meter that cannot be told, or that said no. */
    switchOffByHand: step('switch-by-hand', switchOff),

    /** The technician's confirmed report is the meter's state. */
    recordSwitchedOff: step('record-switch', switchOff),

    /** The meter is away, or nobody could switch it off: the plant's people are told, again and again. */
    tellStillLit: step('tell-still-lit', switchOff),

    /** Tells the customer that the supply is back, once the meter says so. */
    tellRelit: ({ accountId, customerId, period, plant, asOf }: At): Promise<void> =>
      inTransaction(db, async (tx) => {
        const { timeZone } = await tx.selectFrom('plants').select('timeZone').where('plant', '=', plant).executeTakeFirstOrThrow()
        const params = { customerId, restoredOn: dateAt(asOf, timeZone) }
        await queueNotice(tx, { accountId, kind: 'supply-restored', params, dedupeKey: `relit:${customerId}:${period}`, asOf })
      }),
  }
}

async function lapse(tx: Tx, { key, workflowId, asOf, rules, state }: Facts): Promise<void> {
  await placeHold(tx, { customerId: key.customerId, reason: 'prepaid-lapsed', owner: workflowId }, asOf)
  const remainingMinor = state.advance?.openMinor ?? 0
  await queueNotice(tx, {
    accountId: key.accountId,
    kind: 'prepaid-lapsed',
    dedupeKey: `lapsed:${workflowId}`,
    asOf,
    params: { customerId: key.customerId, remainingMinor, currency: rules.currency, period: key.period },
  })
  await nudge(tx, `account:${key.accountId}`)
}

/** A demand was never posted, so its note posts nothing; what was paid beyond what is due becomes credit for the next bill. */
async function creditDarkDays(tx: Tx, { account, key, asOf, rules, state }: Facts): Promise<void> {
  const { advance } = state
  if (advance === null) return
  const { noteMinor, returnMinor, darkDays } = advanceReckoning(state, advance)
  if (noteMinor > 0) await insertDarkDaysNote(tx, { account, advance, noteMinor, darkDays, asOf })
  if (returnMinor > 0) {
    const eventKey = `advance-unused:${advance.chargeId}:${advance.returnedMinor + returnMinor}`
    const postings = postPrepaidUnused(account, { amountMinor: returnMinor, alreadyEarned: advance.earnedMinor > 0 })
    await post(tx, { eventKey, plant: key.plant, accountId: key.accountId, currency: rules.currency, businessAt: asOf, postings })
    await allocateCredit(tx, { account, asOf, zone: rules.zone })
  }
  await nudge(tx, `account:${key.accountId}`, `charge:${advance.chargeId}`)
}

interface DarkDaysNote {
  readonly account: LockedAccount
  readonly advance: Advance
  readonly noteMinor: number
  readonly darkDays: number
  readonly asOf: string
}

async function insertDarkDaysNote(tx: Tx, { account, advance, noteMinor, darkDays, asOf }: DarkDaysNote): Promise<void> {
  const { lines } = await readChargeToCorrect(tx, advance.chargeId)
  const number = await takeNoteNumber(tx, account.plant)
  await insertNote(
    tx,
    { account, asOf, number },
    {
      chargeId: advance.chargeId,
      kind: 'credit',
      amountMinor: noteMinor,
      lines: creditedByRule(lines, noteMinor),
      reason: `dark-days:${darkDays}`,
      source: `dark-days:${advance.chargeId}:${advance.notedMinor}`,
      madeBy: 'system',
      approvedBy: 'policy',
    },
  )
}

async function relight(tx: Tx, facts: Facts): Promise<void> {
  const { key, workflowId, asOf, supply, tasks, state } = facts
  if (ownHold(state) === undefined) return
  const version = await liftHold(tx, { customerId: key.customerId, reason: 'prepaid-lapsed', owner: workflowId }, asOf)
  const task = supply && lapseTask(tasks, supply.desiredVersion)
  const now = await readSupplyState(tx, key.customerId)
  if (now !== undefined && task !== undefined && isOpen(task) && version !== null)
    await withdrawHandTask(tx, task, { supply: now, asOf })
  await nudge(tx, `account:${key.accountId}`)
}

async function earn(tx: Tx, { account, key, asOf, rules, state }: Facts): Promise<void> {
  const { advance } = state
  if (advance === null) return
  const targetMinor = advance.paidMinor - advance.returnedMinor
  const amountMinor = targetMinor - advance.earnedMinor
  const row = await tx.selectFrom('charges').select('terms').where('chargeId', '=', advance.chargeId).executeTakeFirstOrThrow()
  const rounding = (row.terms as { roundingMinor?: number }).roundingMinor ?? 0
  // The rounding belongs to the whole price: where days were dark, what was paid is income as it is.
  const roundingMinor = amountMinor === advance.amountMinor ? rounding : 0
  await post(tx, {
    eventKey: `earned:${advance.chargeId}:${targetMinor}`,
    plant: key.plant,
    accountId: key.accountId,
    currency: rules.currency,
    businessAt: asOf,
    postings: postPrepaidEarned(account, { amountMinor, roundingMinor }),
  })
  await nudge(tx, `account:${key.accountId}`)
}

async function switchOff(tx: Tx, { key, workflowId, asOf, rules, supply, meterWork }: Facts): Promise<void> {
  if (supply === undefined || meterWork === undefined) return
  const { serial, desiredVersion: version } = supply
  const { accountId, customerId } = key
  const of = { accountId, customerId, serial, version, source: lapseSource(workflowId, version) }
  await doMeterWork(tx, { key: of, supply, plant: rules, asOf }, meterWork)
}
