import { sql } from 'kysely'
import type { Db, Tx } from '../../db/client.ts'
import { type LockedAccount, inTransaction, lockAccounts } from '../../db/queries/accounts.ts'
import { allocateCredit, issueCharge } from '../../db/queries/charges.ts'
import { post } from '../../db/queries/ledger.ts'
import { takeNumbers } from '../../db/queries/numbers.ts'
import { storeReport } from '../../db/queries/readings.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { refreshDesiredState } from '../../db/queries/supply.ts'
import { decideUnpaidHold } from '../../db/queries/unpaid-hold.ts'
import { startOfDay } from '../../domain/calendar.ts'
import { cash, postOpeningDeposit, postPaymentReceived } from '../../domain/ledger.ts'
import type { MeterKind } from '../../domain/package.ts'
import { PLANT, ZONE } from './village.ts'

/** What a test may say of a customer; everything has a default. */
export interface CustomerWish {
  /** `B1.1` (post-paid, 500 W, 50 rupees + 18 a unit) by default. */
  readonly packageCode?: string
  readonly meterKind?: MeterKind
  /** First supplied day, and first day of the terms: 2026-07-01 by default. */
  readonly connectedOn?: string
  /** The register on that day's midnight: 100,000 Wh by default. */
  readonly openingRegisterWh?: number
  /** Held from the start: 500 rupees by default; 0 for none. */
  readonly depositMinor?: number
  /** Dues brought in, with their due date. */
  readonly openingDues?: { readonly amountMinor: number; readonly dueOn: string }
  /** `null` for a household without a phone. */
  readonly phone?: string | null
  readonly language?: 'en' | 'hi'
  readonly category?: string
  readonly pole?: string
}

/** Ids of a connected customer. */
export interface ConnectedCustomer {
  readonly accountId: string
  readonly customerId: string
  readonly personId: string
  readonly serial: string
}

const SERIAL_LETTERS: Readonly<Record<MeterKind, string>> = { smart: 'SM', conventional: 'CM', load_limiter: 'LL' }

/**
 * A customer who is connected and lit, as the import or a finished onboarding leaves one: person, account, connection, terms,
 * meter and installation, opening reading, deposit in the ledger, and a meter that reports what is desired of it.
 */
export async function connectCustomer(db: Db, wish: CustomerWish = {}): Promise<ConnectedCustomer> {
  return inTransaction(db, async (tx) => {
    const { packageCode = 'B1.1', connectedOn = '2026-07-01', category = 'low-income' } = wish
    const meterKind = wish.meterKind ?? (packageCode.startsWith('A') ? 'load_limiter' : 'smart')
    const at = startOfDay(connectedOn, ZONE)
    const n = await takeNumbers(tx, `${PLANT}:A`, 1)
    const accountId = `${PLANT}-A${String(n).padStart(4, '0')}`
    const personId = await insertPerson(tx, n, wish)
    const place = await takePlace(tx, wish.pole ?? '011')
    const customerId = `${PLANT}${place.pole}${String(place.number).padStart(2, '0')}`
    await tx
      .insertInto('accounts')
      .values({ accountId, plant: PLANT, personId, category, currency: 'INR', customerId, openedAt: at })
      .execute()
    const terms = { plant: PLANT, packageCode, packageVersion: 1 }
    await tx
      .insertInto('connections')
      .values({
        customerId,
        accountId,
        plant: PLANT,
        pole: place.pole,
        connectionNumber: place.number,
        feeder: place.feeder,
        category,
        connectedOn,
        supplyPackageCode: packageCode,
        supplyPackageVersion: 1,
      })
      .execute()
    await tx
      .insertInto('connectionTerms')
      .values({ customerId, fromDate: connectedOn, source: 'test', ...terms })
      .execute()
    const serial = `${SERIAL_LETTERS[meterKind]}1${String(n).padStart(5, '0')}`
    await installMeter(tx, { serial, kind: meterKind, accountId, customerId, at, registerWh: wish.openingRegisterWh ?? 100_000 })
    const [account] = await lockAccounts(tx, [accountId])
    if (account !== undefined) await openBooks(tx, { account, at, wish })
    return { accountId, customerId, personId, serial }
  })
}

async function insertPerson(tx: Tx, n: number, wish: CustomerWish): Promise<string> {
  const personId = `T${String(n).padStart(4, '0')}`
  const phone = wish.phone === undefined ? `+9155500${String(n).padStart(5, '0')}` : wish.phone
  await tx
    .insertInto('persons')
    .values({ personId, plant: PLANT, name: `Customer ${n}`, phone, language: wish.language ?? 'hi' })
    .execute()
  return personId
}

async function takePlace(tx: Tx, pole: string): Promise<{ pole: string; number: number; feeder: string }> {
  const row = await tx
    .updateTable('poles')
    .set({ highestConnection: sql<number>`highest_connection + 1` })
    .where('plant', '=', PLANT)
    .where('pole', '=', pole)
    .returning(['pole', 'highestConnection', 'feeder'])
    .executeTakeFirstOrThrow()
  return { pole: row.pole, number: row.highestConnection, feeder: row.feeder }
}

interface NewMeter {
  readonly serial: string
  readonly kind: MeterKind
  readonly accountId: string
  readonly customerId: string
  readonly at: string
  readonly registerWh: number
}

async function installMeter(tx: Tx, { serial, kind, accountId, customerId, at, registerWh }: NewMeter): Promise<void> {
  await tx.insertInto('meters').values({ serial, plant: PLANT, kind, state: 'installed', accountId }).execute()
  await tx.insertInto('meterInstallations').values({ serial, customerId, installedAt: at, startRegisterWh: registerWh }).execute()
  await tx
    .insertInto('readings')
    .values({ customerId, serial, takenAt: at, registerWh, source: 'installation', state: 'accepted', enteredBy: 'test' })
    .execute()
  await refreshDesiredState(tx, { customerId, source: 'test', asOf: at })
  const { version, loadLimitW, activeFrom, activeTo } = await tx
    .selectFrom('meterDesired')
    .selectAll()
    .where('serial', '=', serial)
    .executeTakeFirstOrThrow()
  await storeReport(tx, { serial, version, loadLimitW, activeFrom, activeTo, relay: 'closed', bootId: 1, reportedAt: at })
}

async function openBooks(
  tx: Tx,
  { account, at, wish }: { account: LockedAccount; at: string; wish: CustomerWish },
): Promise<void> {
  const { accountId, plant, currency } = account
  const postings = (amountMinor: number) => postOpeningDeposit(account, { amountMinor })
  const depositMinor = wish.depositMinor ?? 50_000
  if (depositMinor > 0) {
    await post(tx, {
      eventKey: `opening-deposit:${accountId}`,
      plant,
      accountId,
      currency,
      businessAt: at,
      postings: postings(depositMinor),
    })
  }
  if (wish.openingDues !== undefined) {
    await issueCharge(tx, { account, asOf: at }, { kind: 'opening', source: 'import', ...wish.openingDues })
  }
}

/**
 * Money from the customer's hand as `receivePayment` leaves it: posted, allocated, whoever waits nudged; without receipt or
 * workflow, for tests that are about something else. Returns the payment's id.
 */
export async function payInCash(
  db: Db,
  payment: { accountId: string; amountMinor: number; at: string; reference: string },
): Promise<number> {
  return inTransaction(db, async (tx) => {
    const [account] = await lockAccounts(tx, [payment.accountId])
    if (account === undefined) throw new Error(`no account ${payment.accountId}`)
    const { accountId, plant, currency } = account
    const { amountMinor, at, reference } = payment
    // Older credit goes first: a payment never settles more than itself.
    await allocateCredit(tx, { account, asOf: at, zone: ZONE })
    const { paymentId } = await tx
      .insertInto('payments')
      .values({
        provider: 'cash-asha',
        reference,
        plant,
        accountId,
        channel: 'cash',
        amountMinor,
        currency,
        state: 'posted',
        collectedBy: 'asha',
        valueDate: at.slice(0, 10),
        receivedAt: at,
      })
      .returning('paymentId')
      .executeTakeFirstOrThrow()
    const postings = postPaymentReceived(account, { into: cash('asha'), amountMinor })
    await post(tx, { eventKey: `payment:cash-asha:${reference}`, plant, accountId, currency, businessAt: at, postings })
    await allocateCredit(tx, { account, asOf: at, zone: ZONE }, { paymentId })
    const { zone, policy } = await readPlant(tx, plant, at)
    await decideUnpaidHold(tx, { account, asOf: at, zone, policy })
    return paymentId
  })
}
