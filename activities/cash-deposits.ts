import type { Db, Tx } from '../db/client.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import { findBankLine } from '../db/queries/bank-statements.ts'
import { type CashDeposit, lockDeposit, readDeposit, saveSettled } from '../db/queries/cash-deposits.ts'
import { custodians, holderCode, lockCashHolders, watchCeiling } from '../db/queries/cash-holders.ts'
import { post } from '../db/queries/ledger.ts'
import { queueStaffNotice } from '../db/queries/notices.ts'
import { nudge } from '../db/queries/outbox.ts'
import { type PlantTerms, readPlant } from '../db/queries/plants.ts'
import { readDecision } from '../db/queries/processes.ts'
import { staffAt } from '../db/queries/tasks.ts'
import { creditOf, type DepositState, nextDepositChase, restMinor } from '../domain/cash-deposit.ts'
import { postBanked, postDepositReturned, postDepositShort } from '../domain/cash-postings.ts'
import type { Posting } from '../domain/ledger.ts'
import { processIds } from '../domain/process-ids.ts'

/** What head office decided of a deposit, or of what is left of it. */
export interface DepositDecision {
  readonly verdict: 'verified' | 'returned' | 'short'
  readonly by: string
  readonly at: string
  /** The line of the bank that it is; with `verified`. */
  readonly lineId: number | null
}

/** Everything the process of a deposit decides by. */
export interface DepositFacts {
  readonly state: DepositState
  readonly declaredBy: string
  readonly isPartlyCredited: boolean
  /** Decisions carried out so far. */
  readonly round: number
  /** The next one, while it is not carried out. */
  readonly decision: DepositDecision | null
  readonly chase: { readonly at: string; readonly level: 'remind' | 'escalate' }
}

type DepositKey = { readonly depositId: string; readonly asOf: string }

/** Cash on its way to the bank: verified, given back, owed, or chased (policy "cash"). */
export function createCashDepositActivities({ db }: { db: Db }) {
  return {
    /** Where the deposit stands; NOT_FOUND when there is none. */
    readDepositFacts: ({ depositId, asOf }: DepositKey): Promise<DepositFacts> => readDepositFacts(db, depositId, asOf),
    /** Carries out the decision of a round, once; one that cannot be carried out any more is passed over. */
    settleDeposit: (settling: DepositKey & { round: number; decision: DepositDecision }): Promise<void> =>
      inTransaction(db, (tx) => settleDeposit(tx, settling)),
    /** Tells head office that nobody has verified it; later the state in-charge and whoever deposited too. */
    chaseDeposit: (chase: DepositKey & { level: 'remind' | 'escalate' }): Promise<void> =>
      inTransaction(db, (tx) => chaseDeposit(tx, chase)),
  }
}

async function readDepositFacts(db: Db, depositId: string, asOf: string): Promise<DepositFacts> {
  const deposit = await readDeposit(db, depositId)
  const { policy, zone } = await readPlant(db, deposit.plant, asOf)
  const decided = await readDecision(db, processIds.depositCash(depositId), `verification:${deposit.round + 1}`)
  return {
    state: deposit.state,
    declaredBy: deposit.declaredBy,
    isPartlyCredited: deposit.creditedMinor > 0,
    round: deposit.round,
    decision:
      decided === undefined
        ? null
        : {
            verdict: decided.verdict as DepositDecision['verdict'],
            by: decided.decidedBy,
            at: decided.decidedAt,
            lineId: typeof decided.detail?.lineId === 'number' ? decided.detail.lineId : null,
          },
    chase: nextDepositChase({ ...deposit, zone }, policy),
  }
}

interface Settling {
  readonly deposit: CashDeposit
  readonly plant: PlantTerms
  readonly round: number
  readonly decision: DepositDecision
  readonly asOf: string
}

async function settleDeposit(
  tx: Tx,
  { depositId, round, decision, asOf }: DepositKey & { round: number; decision: DepositDecision },
): Promise<void> {
  const { plant: code, holder } = await readDeposit(tx, depositId)
  const [locked] = await lockCashHolders(tx, code, [holder])
  const deposit = await lockDeposit(tx, depositId)
  if (deposit.round >= round || deposit.state !== 'declared') return
  const plant = await readPlant(tx, code, asOf)
  const settling = { deposit, plant, round, decision, asOf }
  if (decision.verdict === 'verified') await creditLine(tx, settling)
  else await settleRest(tx, settling)
  if (locked !== undefined) await watchCeiling(tx, { holder: locked, plant, asOf })
  await nudge(tx, `process:${processIds.depositCash(depositId)}`)
}

/** The line is the deposit, or a part of it. One that another deposit has used meanwhile settles nothing: people look again. */
async function creditLine(tx: Tx, settling: Settling): Promise<void> {
  const { deposit, plant, round, decision, asOf } = settling
  const { depositId } = deposit
  const line = decision.lineId === null ? undefined : await findBankLine(tx, decision.lineId)
  if (line === undefined || line.plant !== plant.plant) return saveSettled(tx, deposit, { round })
  const { amountMinor, surplusMinor } = creditOf(line.amountMinor, restMinor(deposit))
  const used = await tx
    .insertInto('cashDepositCredits')
    .values({ lineId: line.lineId, depositId, amountMinor, surplusMinor, verifiedBy: decision.by, verifiedAt: decision.at })
    .onConflict((c) => c.column('lineId').doNothing())
    .returning('lineId')
    .executeTakeFirst()
  if (used === undefined) return saveSettled(tx, deposit, { round })
  await saveSettled(tx, deposit, { creditedMinor: amountMinor, round })
  await postSettled(tx, settling, { event: 'credit', postings: postBanked(plant.plant, { amountMinor, surplusMinor }) })
  await tellDepositor(tx, settling, { kind: 'cash-deposit-verified', amountMinor, asOf })
}

/** What the bank never saw is cash again, or owed by whoever had it. */
async function settleRest(tx: Tx, settling: Settling): Promise<void> {
  const { deposit, plant, round, decision, asOf } = settling
  const amountMinor = restMinor(deposit)
  const held = { plant: plant.plant, holder: deposit.holder }
  const isBack = decision.verdict === 'returned'
  await saveSettled(tx, deposit, { ...(isBack ? { returnedMinor: amountMinor } : { shortMinor: amountMinor }), round })
  const postings = isBack ? postDepositReturned(held, amountMinor) : postDepositShort(held, amountMinor)
  await postSettled(tx, settling, { event: isBack ? 'back' : 'short', postings })
  await tellDepositor(tx, settling, { kind: isBack ? 'cash-deposit-returned' : 'cash-deposit-short', amountMinor, asOf })
}

async function postSettled(
  tx: Tx,
  { deposit, plant, round, asOf }: Settling,
  { event, postings }: { event: 'credit' | 'back' | 'short'; postings: readonly Posting[] },
): Promise<void> {
  await post(tx, {
    eventKey: `cash-deposit-${event}:${deposit.depositId}:${round}`,
    plant: plant.plant,
    accountId: null,
    currency: deposit.currency,
    businessAt: asOf,
    postings,
  })
}

type Answer = 'cash-deposit-verified' | 'cash-deposit-returned' | 'cash-deposit-short'

async function tellDepositor(
  tx: Tx,
  { deposit, round }: Settling,
  { kind, amountMinor, asOf }: { kind: Answer; amountMinor: number; asOf: string },
): Promise<void> {
  const { plant, depositId, holder, declaredBy } = deposit
  const cluster = kind === 'cash-deposit-verified' ? [] : await custodians(tx, plant, holder)
  for (const login of new Set([declaredBy, ...cluster]))
    await queueStaffNotice(tx, {
      plant,
      login,
      kind,
      params: { ...aboutDeposit(deposit), amountMinor },
      dedupeKey: `${kind}:${depositId}:${round}:${login}`,
      asOf,
    })
}

async function chaseDeposit(tx: Tx, { depositId, level, asOf }: DepositKey & { level: 'remind' | 'escalate' }): Promise<void> {
  const deposit = await lockDeposit(tx, depositId)
  const { plant, declaredBy, state, chases } = deposit
  if (state !== 'declared') return
  const headOffice = await staffAt(tx, plant, 'head-office')
  const above = level === 'remind' ? [] : [...(await staffAt(tx, plant, 'state-in-charge')), declaredBy]
  await tx
    .updateTable('cashDeposits')
    .set({ chases: chases + 1, chasedAt: asOf })
    .where('depositId', '=', depositId)
    .execute()
  const params = { ...aboutDeposit(deposit), amountMinor: restMinor(deposit), depositedOn: deposit.depositedOn }
  for (const login of new Set([...headOffice, ...above]))
    await queueStaffNotice(tx, {
      plant,
      login,
      kind: 'cash-deposit-unverified',
      params,
      dedupeKey: `cash-deposit-unverified:${depositId}:${chases + 1}:${login}`,
      asOf,
    })
}

function aboutDeposit({ depositId, slipReference, holder, plant, currency }: CashDeposit) {
  return { depositId, slipReference, holderCode: holderCode(holder), plantCode: plant, currency }
}
