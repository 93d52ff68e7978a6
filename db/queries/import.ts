import { sql } from 'kysely'
import { applicationId } from '../../domain/ids.ts'
import { postOpeningDeposit } from '../../domain/ledger.ts'
import type { MeterKind } from '../../domain/package.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { Db, Tx } from '../client.ts'
import { type LockedAccount, lockAccounts } from './accounts.ts'
import { issueCharge } from './charges.ts'
import { postAll } from './ledger.ts'
import { takeNumbers } from './numbers.ts'
import { startWorkflows } from './outbox.ts'
import { refreshDesiredState } from './supply.ts'

/** A connected customer as another system hands it over. */
export interface ImportedCustomer {
  readonly customerId: string
  readonly personId: string
  readonly name: string
  readonly nameHi: string | null
  readonly phone: string | null
  readonly language: string
  readonly category: string
  readonly address: string
  readonly pole: string
  readonly connectionNumber: number
  readonly feeder: string
  readonly packageCode: string
  readonly packageVersion: number
  readonly meterKind: MeterKind
  readonly serial: string
  readonly openingRegisterWh: number
  readonly depositMinor: number
  readonly duesMinor: number
  readonly connectedOn: string
}

export interface ImportMoment {
  readonly plant: string
  readonly currency: string
  /** Business time of the import: terms, registers and books begin here. */
  readonly asOf: string
  /** The plant's date then. */
  readonly today: string
  /** When the dues that are brought in fell due. */
  readonly duesDueOn: string
}

const SOURCE = 'import'

/**
 * Takes in customers who are not there yet: person, account, application, connection, terms, meter with its start reading,
 * deposit and dues. No history. All in the caller's transaction, under the locks of the new accounts; who owes is chased from
 * here on. Returns the account IDs in the order of the rows.
 */
export async function insertImportedCustomers(
  tx: Tx,
  rows: readonly ImportedCustomer[],
  moment: ImportMoment,
): Promise<string[]> {
  if (rows.length === 0) return []
  const first = await takeNumbers(tx, `${moment.plant}:A`, rows.length)
  const customers = rows.map((row, index) => ({ ...row, accountId: applicationId(moment.plant, first + index) }))
  await insertHolders(tx, customers, moment)
  await insertConnections(tx, customers, moment)
  await insertMeters(tx, customers, moment)
  const accounts = await lockAccounts(
    tx,
    customers.map(({ accountId }) => accountId),
  )
  await openBooks(tx, { accounts, customers }, moment)
  return customers.map(({ accountId }) => accountId)
}

type WithAccount = ImportedCustomer & { readonly accountId: string }

async function insertHolders(tx: Tx, customers: readonly WithAccount[], { plant, currency, asOf }: ImportMoment): Promise<void> {
  const persons = new Map(
    // From the back, so that of two rows of one person the first one stands.
    customers
      .toReversed()
      .map(({ personId, name, nameHi, phone, language }) => [personId, { personId, plant, name, nameHi, phone, language }]),
  )
  await tx
    .insertInto('persons')
    .values([...persons.values()])
    .onConflict((c) => c.column('personId').doNothing())
    .execute()
  await tx
    .insertInto('accounts')
    .values(
      customers.map(({ accountId, personId, category, customerId }) => ({
        accountId,
        plant,
        personId,
        category,
        currency,
        customerId,
        openedAt: asOf,
      })),
    )
    .execute()
  await tx
    .insertInto('applications')
    .values(
      customers.map(({ accountId, address, pole, packageCode, packageVersion, meterKind }) => ({
        applicationId: accountId,
        plant,
        origin: 'import',
        address,
        pole,
        packageCode,
        packageVersion,
        meterKind,
        appliedAt: asOf,
        endedAt: asOf,
        endedAs: 'active',
      })),
    )
    .execute()
}

async function insertConnections(tx: Tx, customers: readonly WithAccount[], { plant, today }: ImportMoment): Promise<void> {
  await tx
    .insertInto('connections')
    .values(
      customers.map(
        ({ customerId, accountId, pole, connectionNumber, feeder, category, connectedOn, packageCode, packageVersion }) => ({
          customerId,
          accountId,
          plant,
          pole,
          connectionNumber,
          feeder,
          category,
          connectedOn,
          supplyPackageCode: packageCode,
          supplyPackageVersion: packageVersion,
        }),
      ),
    )
    .execute()
  // What was charged before is another system's history: our terms begin today.
  await tx
    .insertInto('connectionTerms')
    .values(
      customers.map(({ customerId, packageCode, packageVersion }) => ({
        customerId,
        fromDate: today,
        plant,
        packageCode,
        packageVersion,
        source: SOURCE,
      })),
    )
    .execute()
  await sql`
    update poles set highest_connection = greatest(highest_connection, used.highest)
    from (select pole, max(connection_number) as highest from connections where plant = ${plant} group by pole) used
    where poles.plant = ${plant} and poles.pole = used.pole and highest_connection < used.highest`.execute(tx)
}

async function insertMeters(tx: Tx, customers: readonly WithAccount[], { plant, asOf }: ImportMoment): Promise<void> {
  await tx
    .insertInto('meters')
    .values(
      customers.map(({ serial, meterKind, accountId }) => ({ serial, plant, kind: meterKind, state: 'installed', accountId })),
    )
    .execute()
  const move = { fromState: null, toState: 'installed', source: SOURCE, businessAt: asOf }
  await tx
    .insertInto('meterMoves')
    .values(customers.map(({ serial, accountId }) => ({ serial, accountId, ...move })))
    .execute()
  await tx
    .insertInto('meterInstallations')
    .values(
      customers.map(({ serial, customerId, openingRegisterWh }) => ({
        serial,
        customerId,
        installedAt: asOf,
        startRegisterWh: openingRegisterWh,
      })),
    )
    .execute()
  await tx
    .insertInto('readings')
    .values(
      customers.map(({ serial, customerId, openingRegisterWh }) => ({
        customerId,
        serial,
        takenAt: asOf,
        registerWh: openingRegisterWh,
        source: SOURCE,
        state: 'accepted',
        enteredBy: SOURCE,
      })),
    )
    .execute()
  for (const { customerId } of customers) await refreshDesiredState(tx, { customerId, source: SOURCE, asOf })
  await reportSetByHand(tx, customers, asOf)
}

/** A limiter or a conventional meter was set by hand to what its customer pays for, and nobody will tell us so again. */
async function reportSetByHand(tx: Tx, customers: readonly WithAccount[], asOf: string): Promise<void> {
  const serials = customers.filter(({ meterKind }) => meterKind !== 'smart').map(({ serial }) => serial)
  if (serials.length === 0) return
  await sql`
    insert into meter_reported (serial, version, load_limit_w, active_from, active_to, relay, relay_mode, reported_at)
    select serial, version, load_limit_w, active_from, active_to, 'closed', 'auto', ${asOf}
    from meter_desired where serial in (${sql.join(serials)})`.execute(tx)
}

async function openBooks(
  tx: Tx,
  { accounts, customers }: { accounts: readonly LockedAccount[]; customers: readonly WithAccount[] },
  { plant, currency, asOf, duesDueOn }: ImportMoment,
): Promise<void> {
  const brought = new Map(customers.map((customer) => [customer.accountId, customer]))
  const deposits = accounts.flatMap((account) => {
    const { accountId } = account
    const amountMinor = brought.get(accountId)?.depositMinor ?? 0
    if (amountMinor === 0) return []
    const postings = postOpeningDeposit(account, { amountMinor })
    return [{ eventKey: `opening-deposit:${accountId}`, plant, accountId, currency, businessAt: asOf, postings }]
  })
  await postAll(tx, deposits)
  const starts = []
  for (const account of accounts) {
    const { accountId, customerId } = account
    const amountMinor = brought.get(accountId)?.duesMinor ?? 0
    if (amountMinor === 0 || customerId === null) continue
    await issueCharge(tx, { account, asOf }, { kind: 'opening', source: SOURCE, amountMinor, dueOn: duesDueOn })
    starts.push({
      workflowType: 'collectDues',
      workflowId: processIds.collection(customerId),
      input: { plant, accountId, customerId },
    })
  }
  await startWorkflows(tx, starts)
}

/** A customer, meter or person that is there already, with what an import may be compared by. */
export interface KnownCustomer {
  readonly customerId: string
  readonly personId: string
  readonly serial: string | null
  readonly startRegisterWh: number | null
  readonly depositMinor: number
  readonly duesMinor: number
  /** True when it came by an import, in whatever file. */
  readonly isImported: boolean
}

/** Those of these connections that exist, as they were taken in. */
export async function findKnownCustomers(db: Db | Tx, customerIds: readonly string[]): Promise<KnownCustomer[]> {
  if (customerIds.length === 0) return []
  const { rows } = await sql<KnownCustomer>`
    select c.customer_id as "customerId", a.person_id as "personId", i.serial, i.start_register_wh as "startRegisterWh",
      coalesce((select sum(amount_minor) from postings where event_key = 'opening-deposit:' || a.account_id), 0)::bigint as "depositMinor",
      coalesce((select amount_minor from charges where account_id = a.account_id and kind = 'opening' and source = ${SOURCE}), 0)::bigint as "duesMinor",
      exists (select 1 from applications p where p.application_id = a.account_id and p.origin = 'import') as "isImported"
    from connections c
    join accounts a on a.account_id = c.account_id
    left join lateral (
      select serial, start_register_wh from meter_installations where customer_id = c.customer_id order by installation_id limit 1) i on true
    where c.customer_id in (${sql.join(customerIds)})`.execute(db)
  return rows
}

/** Those of these serials that some stock or house has already, with whose they are. */
export async function findKnownMeters(db: Db | Tx, serials: readonly string[]): Promise<{ serial: string; state: string }[]> {
  if (serials.length === 0) return []
  return db.selectFrom('meters').select(['serial', 'state']).where('serial', 'in', serials).execute()
}

/** Those of these persons who are known already. */
export async function findKnownPersons(
  db: Db | Tx,
  personIds: readonly string[],
): Promise<{ personId: string; plant: string; name: string; nameHi: string | null; phone: string | null; language: string }[]> {
  if (personIds.length === 0) return []
  return db
    .selectFrom('persons')
    .select(['personId', 'plant', 'name', 'nameHi', 'phone', 'language'])
    .where('personId', 'in', personIds)
    .execute()
}
