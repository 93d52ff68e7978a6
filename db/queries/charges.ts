import { sql } from 'kysely'
import { allocate, type OpenCharge } from '../../domain/allocation.ts'
import { chargeRule, type ChargeKind, type ChargeNature } from '../../domain/charge.ts'
import { dateAt } from '../../domain/calendar.ts'
import { isAskedByBill } from '../../domain/deposit.ts'
import { DomainError } from '../../domain/errors.ts'
import { credit, postAllocated, postChargeIssued } from '../../domain/ledger.ts'
import type { PackageMode } from '../../domain/package.ts'
import type { Db, Tx } from '../client.ts'
import type { JsonObject } from '../tables.ts'
import type { LockedAccount } from './accounts.ts'
import { wakeEndedAdvances } from './advances.ts'
import { balanceOf, post } from './ledger.ts'
import { nudge } from './outbox.ts'

export interface NewCharge {
  readonly kind: ChargeKind
  /** The period, application, request, scheme and number, or sale it comes from: unique with the kind. */
  readonly source: string
  /** Needed for electricity: pre-paid is a demand, post-paid a debt. */
  readonly mode?: PackageMode
  readonly amountMinor: number
  readonly roundingMinor?: number
  readonly dueOn: string
  readonly period?: { readonly from: string; readonly to: string }
  readonly lines?: readonly { readonly kind: string; readonly amountMinor: number; readonly detail?: JsonObject }[]
  /** Pinned at issue: package version, readings, dunning terms. */
  readonly terms?: JsonObject
}

/** A charge with what is still open of it. */
export interface ChargeState {
  readonly chargeId: number
  readonly kind: ChargeKind
  readonly source: string
  readonly nature: ChargeNature
  readonly amountMinor: number
  readonly openMinor: number
  readonly dueOn: string
  readonly issuedAt: string
  readonly periodFrom: string | null
  readonly periodTo: string | null
  readonly voidedAt: string | null
  readonly terms: JsonObject
}

/**
 * Issues a charge once: the same (account, kind, source) again returns the one that stands, whatever its amount. A debt is
 * posted to receivables; a demand posts nothing until paid. The caller holds the account lock and allocates credit after.
 */
export async function issueCharge(
  tx: Tx,
  { account, asOf }: { account: LockedAccount; asOf: string },
  charge: NewCharge,
): Promise<{ chargeId: number; isNew: boolean }> {
  const rule = chargeRule(charge.kind, charge.mode)
  const inserted = await tx
    .insertInto('charges')
    .values({
      accountId: account.accountId,
      customerId: account.customerId,
      kind: charge.kind,
      source: charge.source,
      nature: rule.nature,
      allocationClass: rule.allocationClass,
      amountMinor: charge.amountMinor,
      currency: account.currency,
      issuedAt: asOf,
      dueOn: charge.dueOn,
      periodFrom: charge.period?.from ?? null,
      periodTo: charge.period?.to ?? null,
      terms: JSON.stringify(charge.terms ?? {}),
    })
    .onConflict((c) => c.columns(['accountId', 'kind', 'source']).doNothing())
    .returning('chargeId')
    .executeTakeFirst()
  if (inserted === undefined) return { chargeId: await existingCharge(tx, account.accountId, charge), isNew: false }
  const { chargeId } = inserted
  const lines = (charge.lines ?? []).map(({ kind, amountMinor, detail }, index) => ({
    chargeId,
    line: index + 1,
    kind,
    amountMinor,
    detail: JSON.stringify(detail ?? {}),
  }))
  if (lines.length > 0) await tx.insertInto('chargeLines').values(lines).execute()
  const postings = postChargeIssued(account, {
    kind: charge.kind,
    nature: rule.nature,
    amountMinor: charge.amountMinor,
    ...(charge.roundingMinor && { roundingMinor: charge.roundingMinor }),
  })
  await post(tx, {
    eventKey: `charge:${chargeId}`,
    plant: account.plant,
    accountId: account.accountId,
    currency: account.currency,
    businessAt: asOf,
    postings,
  })
  return { chargeId, isNew: true }
}

async function existingCharge(tx: Tx, accountId: string, { kind, source }: NewCharge): Promise<number> {
  const row = await tx
    .selectFrom('charges')
    .select('chargeId')
    .where('accountId', '=', accountId)
    .where('kind', '=', kind)
    .where('source', '=', source)
    .executeTakeFirstOrThrow()
  return row.chargeId
}

/** Charges of an account with their open amounts, oldest first; `onlyOpen` leaves out the settled and the void. */
export async function readCharges(
  db: Db | Tx,
  accountId: string,
  { onlyOpen }: { onlyOpen: boolean } = { onlyOpen: false },
): Promise<ChargeState[]> {
  const rows = await db
    .selectFrom('charges')
    .select([
      'chargeId',
      'kind',
      'source',
      'nature',
      'amountMinor',
      'dueOn',
      'issuedAt',
      'periodFrom',
      'periodTo',
      'voidedAt',
      'terms',
    ])
    .select(sql<number>`open_amount(charge_id)`.as('openMinor'))
    .where('accountId', '=', accountId)
    .orderBy('chargeId')
    .execute()
  const charges = rows as unknown as ChargeState[]
  return onlyOpen ? charges.filter((charge) => charge.openMinor > 0) : charges
}

/** A charge by what it is for; undefined when none was issued. */
export async function findCharge(
  db: Db | Tx,
  accountId: string,
  key: { kind: ChargeKind; source: string },
): Promise<ChargeState | undefined> {
  const charges = await readCharges(db, accountId)
  return charges.find((charge) => charge.kind === key.kind && charge.source === key.source)
}

/** Open charges that money may go to: a part that fills up a deposit not before a bill asks for it, whoever names it. */
async function payableCharges(tx: Tx, accountId: string): Promise<ChargeState[]> {
  const open = await readCharges(tx, accountId, { onlyOpen: true })
  if (!open.some(isAskedByBill)) return open
  const billed = tx.selectFrom('billCharges').innerJoin('charges', 'charges.chargeId', 'billCharges.chargeId')
  const rows = await billed.select('charges.chargeId').where('accountId', '=', accountId).execute()
  const isBilled = new Set(rows.map(({ chargeId }) => chargeId))
  return open.filter((charge) => !isAskedByBill(charge) || isBilled.has(charge.chargeId))
}

/**
 * Puts the account's credit against its open charges (class, due date, id; named charges first) and posts each part. Safe to
 * call after anything that brings credit or a charge. The caller holds the account lock. Returns what was allocated.
 */
export async function allocateCredit(
  tx: Tx,
  { account, asOf, zone }: { account: LockedAccount; asOf: string; zone: string },
  payment: { paymentId?: number; namedCharges?: readonly number[] } = {},
): Promise<{ chargeId: number; amountMinor: number }[]> {
  const creditMinor = await balanceOf(tx, credit(account.accountId))
  if (creditMinor <= 0) return []
  const open = new Map((await payableCharges(tx, account.accountId)).map((charge) => [charge.chargeId, charge]))
  const charges: OpenCharge[] = [...open].map(([id, { kind, nature, dueOn, openMinor }]) => ({
    id,
    kind,
    nature,
    dueOn,
    openMinor,
  }))
  const named = (payment.namedCharges ?? []).filter((id) => open.has(id))
  const { allocations } = allocate({ creditMinor, charges, namedChargeIds: named, today: dateAt(asOf, zone) })
  const done = []
  for (const { chargeId: id, amountMinor } of allocations) {
    const charge = open.get(id)
    if (charge === undefined) throw new DomainError('NOT_FOUND', 'allocated to a charge that is not open')
    await recordAllocation(tx, { account, asOf }, { charge, amountMinor, paymentId: payment.paymentId ?? null })
    done.push({ chargeId: charge.chargeId, amountMinor })
  }
  if (done.length > 0) {
    await nudge(tx, `account:${account.accountId}`, ...done.map(({ chargeId }) => `charge:${chargeId}` as const))
    const sources = done.map(({ chargeId }) => open.get(chargeId)?.source ?? '')
    await wakeEndedAdvances(tx, account.customerId, sources)
  }
  return done
}

async function recordAllocation(
  tx: Tx,
  { account, asOf }: { account: LockedAccount; asOf: string },
  { charge, amountMinor, paymentId }: { charge: ChargeState; amountMinor: number; paymentId: number | null },
): Promise<void> {
  const { allocationId } = await tx
    .insertInto('allocations')
    .values({ accountId: account.accountId, chargeId: charge.chargeId, paymentId, amountMinor, businessAt: asOf })
    .returning('allocationId')
    .executeTakeFirstOrThrow()
  const postings = postAllocated(account, { kind: charge.kind, nature: charge.nature, amountMinor })
  await post(tx, {
    eventKey: `allocation:${allocationId}`,
    plant: account.plant,
    accountId: account.accountId,
    currency: account.currency,
    businessAt: asOf,
    postings,
  })
}

/** Voids a demand nobody will pay any more; what was paid of it must have been released first. Voiding again changes nothing. */
export async function voidDemand(tx: Tx, chargeId: number, { asOf, reason }: { asOf: string; reason: string }): Promise<void> {
  await tx
    .updateTable('charges')
    .set({ voidedAt: asOf, voidReason: reason })
    .where('chargeId', '=', chargeId)
    .where('nature', '=', 'demand')
    .where('voidedAt', 'is', null)
    .execute()
}
