import { sql } from 'kysely'
import type { ChargeKind } from '../../domain/charge.ts'
import type { HoldReason } from '../../domain/hold.ts'
import type { BilledRegister, Installation } from '../../domain/metered-period.ts'
import type { MeterKind, PackageTerms } from '../../domain/package.ts'
import type { ReadingAdjustment } from '../../domain/reading-correction.ts'
import type { Db, Tx } from '../client.ts'
import { packageTerms } from './plants.ts'
import { waitingAdjustments } from './reading-corrections.ts'

export interface SubjectHold {
  readonly reason: HoldReason
  readonly owner: string
  readonly placedAt: string
  readonly liftedAt: string | null
}

/** An open charge of an account, and whether a bill shows it already. */
export interface SubjectCharge {
  readonly chargeId: number
  readonly kind: ChargeKind
  readonly source: string
  readonly nature: 'debt' | 'demand'
  readonly amountMinor: number
  readonly openMinor: number
  readonly dueOn: string
  readonly isBilled: boolean
}

/** Everything a bill of one connection is made from. */
export interface BillingSubject {
  readonly customerId: string
  readonly accountId: string
  readonly connectedOn: string
  readonly leftOn: string | null
  readonly closedAt: string | null
  readonly holder: { readonly name: string; readonly nameHi: string | null }
  readonly terms: readonly { readonly fromDate: string; readonly toDate: string | null; readonly package: PackageTerms }[]
  readonly holds: readonly SubjectHold[]
  readonly installations: readonly Installation[]
  readonly registers: readonly BilledRegister[]
  readonly openCharges: readonly SubjectCharge[]
  readonly creditMinor: number
  /** What electricity has been charged under (`electricitySource`): periods by their key, advances by their own. */
  readonly charged: ReadonlySet<string>
  /** Wh of whole periods that were read at both ends, oldest first: what a reading is held against. */
  readonly history: readonly number[]
  /** What corrected readings change of bills that are out; the next post-paid bill takes it in. */
  readonly adjustments: readonly ReadingAdjustment[]
}

type Rows<T> = Map<string, T[]>

/** Loads connections with all that their bills need, in a handful of statements however many there are; ordered by customer ID. */
export async function loadBillingSubjects(db: Db | Tx, customerIds: readonly string[]): Promise<BillingSubject[]> {
  if (customerIds.length === 0) return []
  const people = await loadPeople(db, customerIds)
  const accountIds = people.map(({ accountId }) => accountId)
  const terms = await loadTerms(db, customerIds)
  const holds = grouped(
    await db
      .selectFrom('holds')
      .select(['customerId', 'reason', 'owner', 'placedAt', 'liftedAt'])
      .where('customerId', 'in', customerIds)
      .orderBy('placedAt')
      .execute(),
    ({ customerId }) => customerId,
  )
  const installations = await loadInstallations(db, customerIds)
  const registers = await loadRegisters(db, customerIds)
  const charges = await loadCharges(db, accountIds)
  const credit = await loadCredit(db, accountIds)
  const adjustments = grouped(await waitingAdjustments(db, accountIds), ({ accountId }) => accountId)
  return people.map(({ customerId, accountId, connectedOn, leftOn, closedAt, name, nameHi }) => {
    const own = charges.get(accountId) ?? []
    return {
      customerId,
      accountId,
      connectedOn,
      leftOn,
      closedAt,
      holder: { name, nameHi },
      terms: terms.get(customerId) ?? [],
      holds: (holds.get(customerId) ?? []) as SubjectHold[],
      installations: installations.get(customerId) ?? [],
      registers: registers.get(customerId) ?? [],
      openCharges: own.filter(({ openMinor }) => openMinor > 0),
      creditMinor: credit.get(accountId) ?? 0,
      charged: new Set(own.filter(({ kind }) => kind === 'electricity').map(({ source }) => source)),
      history: own.flatMap(({ wholeReadWh }) => (wholeReadWh === null ? [] : [wholeReadWh])),
      adjustments: (adjustments.get(accountId) ?? []).map(({ adjustment }) => adjustment),
    }
  })
}

async function loadPeople(db: Db | Tx, customerIds: readonly string[]) {
  return db
    .selectFrom('connections')
    .innerJoin('accounts', 'accounts.accountId', 'connections.accountId')
    .innerJoin('persons', 'persons.personId', 'accounts.personId')
    .select(['connections.customerId', 'accounts.accountId', 'leftOn', 'closedAt', 'name', 'nameHi'])
    .select((eb) => eb.ref('connectedOn').$notNull().as('connectedOn'))
    .where('connections.customerId', 'in', customerIds)
    .where('connectedOn', 'is not', null)
    .orderBy('connections.customerId')
    .execute()
}

async function loadTerms(db: Db | Tx, customerIds: readonly string[]): Promise<Rows<BillingSubject['terms'][number]>> {
  const rows = await db
    .selectFrom('connectionTerms')
    .innerJoin('packages', (join) =>
      join
        .onRef('packages.plant', '=', 'connectionTerms.plant')
        .onRef('packages.code', '=', 'connectionTerms.packageCode')
        .onRef('packages.version', '=', 'connectionTerms.packageVersion'),
    )
    .selectAll('packages')
    .select(['customerId', 'fromDate', 'toDate'])
    .where('customerId', 'in', customerIds)
    .orderBy('fromDate')
    .execute()
  return grouped(
    rows,
    ({ customerId }) => customerId,
    (row) => ({ fromDate: row.fromDate, toDate: row.toDate, package: packageTerms(row) }),
  )
}

async function loadInstallations(
  db: Db | Tx,
  customerIds: readonly string[],
): Promise<Rows<BillingSubject['installations'][number]>> {
  const rows = await db
    .selectFrom('meterInstallations')
    .innerJoin('meters', 'meters.serial', 'meterInstallations.serial')
    .select([
      'customerId',
      'meters.serial',
      'kind',
      'installedAt',
      'startRegisterWh',
      'removedAt',
      'finalRegisterWh',
      'finalIsEstimate',
    ])
    .where('customerId', 'in', customerIds)
    .orderBy('installedAt')
    .execute()
  return grouped(
    rows,
    ({ customerId }) => customerId,
    ({ customerId: _, kind, ...row }) => ({ ...row, kind: kind as MeterKind }),
  )
}

async function loadRegisters(db: Db | Tx, customerIds: readonly string[]): Promise<Rows<BilledRegister>> {
  const rows = await db
    .selectFrom('readings')
    .select(['customerId', 'serial', 'takenAt', 'boundary', 'registerWh', 'source'])
    .where('customerId', 'in', customerIds)
    .where('state', '=', 'accepted')
    .where('boundary', 'is not', null)
    .orderBy('boundary')
    .execute()
  return grouped(
    rows,
    ({ customerId }) => customerId,
    ({ customerId: _, source, ...row }) => ({ ...row, estimated: source === 'estimate' }),
  )
}

type AccountCharge = SubjectCharge & { readonly wholeReadWh: number | null }

async function loadCharges(db: Db | Tx, accountIds: readonly string[]): Promise<Rows<AccountCharge>> {
  const { rows } = await sql<AccountCharge & { accountId: string }>`
    select c.account_id as "accountId", c.charge_id as "chargeId", c.kind, c.source, c.nature, c.amount_minor as "amountMinor", c.due_on as "dueOn",
      open_amount(c.charge_id) as "openMinor", exists (select 1 from bill_charges b where b.charge_id = c.charge_id) as "isBilled",
      (c.terms ->> 'wholeReadWh')::bigint as "wholeReadWh"
    from charges c
    where c.account_id in (${sql.join(accountIds)}) and (c.voided_at is null or c.kind = 'electricity')
    order by c.period_from nulls first, c.charge_id`.execute(db)
  return grouped(rows, ({ accountId }) => accountId)
}

async function loadCredit(db: Db | Tx, accountIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ accountId: string; creditMinor: number }>`
    select account_id as "accountId", balance_of('credit:' || account_id) as "creditMinor" from accounts where account_id in (${sql.join(accountIds)})`.execute(
    db,
  )
  return new Map(rows.map(({ accountId, creditMinor }) => [accountId, creditMinor]))
}

function grouped<T, U = T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  make: (row: T) => U = (row) => row as unknown as U,
): Rows<U> {
  const groups: Rows<U> = new Map()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group === undefined) groups.set(keyOf(row), [make(row)])
    else group.push(make(row))
  }
  return groups
}
