import { connectionStatus, type ConnectionStatus, type HoldReason } from '../../domain/hold.ts'
import { nameMatches } from '../../domain/name-folding.ts'
import type { Db, Tx } from '../client.ts'

/** A connection as lists show it. */
export interface CustomerRow {
  readonly customerId: string
  readonly accountId: string
  readonly plant: string
  readonly name: string
  readonly nameHi: string | null
  readonly category: string
  readonly packageCode: string
  readonly meterKind: string | null
  readonly status: ConnectionStatus
}

export interface CustomerFilter {
  readonly plants: readonly string[]
  /** The beginning of a customer ID, or of the words of a name in Devanagari or Latin letters. */
  readonly search?: string | undefined
  readonly status?: ConnectionStatus | undefined
  /** The last customer ID of the page before. */
  readonly after?: string | undefined
  readonly limit: number
}

/** Names are compared here and not in SQL, so a search reads on in steps of this many until its page is full. */
const STEP = 1000
const CUSTOMER_ID_BEGINS = /^[A-Z]{6}[0-9]{0,5}$/

/** Connections of these plants by customer ID. */
export async function listCustomers(db: Db | Tx, filter: CustomerFilter): Promise<CustomerRow[]> {
  const found: CustomerRow[] = []
  let after = filter.after
  while (found.length < filter.limit) {
    const rows = await readStep(db, filter, after)
    found.push(...rows.filter((row) => isWanted(row, filter)))
    if (rows.length < STEP) break
    after = rows.at(-1)?.customerId
  }
  return found.slice(0, filter.limit)
}

function isWanted(row: CustomerRow, { search, status }: CustomerFilter): boolean {
  if (status !== undefined && row.status !== status) return false
  return search === undefined || CUSTOMER_ID_BEGINS.test(search) || nameMatches(search, [row.name, row.nameHi])
}

async function readStep(db: Db | Tx, { plants, search }: CustomerFilter, after: string | undefined): Promise<CustomerRow[]> {
  if (plants.length === 0) return []
  let query = db
    .selectFrom('connections')
    .innerJoin('accounts', 'accounts.accountId', 'connections.accountId')
    .innerJoin('persons', 'persons.personId', 'accounts.personId')
    .leftJoin('meterInstallations', (join) =>
      join.onRef('meterInstallations.customerId', '=', 'connections.customerId').on('removedAt', 'is', null),
    )
    .leftJoin('meters', 'meters.serial', 'meterInstallations.serial')
    .select([
      'connections.customerId',
      'connections.accountId',
      'connections.plant',
      'persons.name',
      'nameHi',
      'connections.category',
    ])
    .select(['supplyPackageCode as packageCode', 'meters.kind as meterKind'])
    .select((eb) =>
      eb
        .selectFrom('holds')
        .whereRef('holds.customerId', '=', 'connections.customerId')
        .where('liftedAt', 'is', null)
        .select((h) => h.fn.agg<HoldReason[] | null>('array_agg', ['reason']).as('reasons'))
        .as('reasons'),
    )
    .where('connections.plant', 'in', plants)
    .orderBy('connections.customerId')
    .limit(STEP)
  if (after !== undefined) query = query.where('connections.customerId', '>', after)
  if (search !== undefined && CUSTOMER_ID_BEGINS.test(search)) query = query.where('connections.customerId', 'like', `${search}%`)
  const rows = await query.execute()
  return rows.map(({ reasons, ...row }) => ({ ...row, status: connectionStatus(reasons ?? []) }))
}
