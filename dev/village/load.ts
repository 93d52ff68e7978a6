// Loads the village once, or with `--empty` nothing but an administrator, and leaves the log-ins in USERS_FILE.
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { hashPassword } from '../../api/passwords.ts'
import { loadConfig } from '../../config.ts'
import { createDatabase, type Db } from '../../db/client.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { createSession } from '../../db/queries/sessions.ts'
import { setPersonPassword } from '../../db/queries/staff.ts'
import { parsePackageText } from '../../domain/package.ts'
import type { PackageTerms } from '../../domain/package.ts'
import { CUSTOMERS_WITH_LOG_IN, STARTS_AT } from './cast.ts'
import { type House, readUsers, type User, writeUsers, writeVillage } from './files.ts'
import { readCsv } from '../../import/csv-rows.ts'
import { CUSTOMER_COLUMNS } from '../../import/customers-file.ts'
import { importCustomers } from '../../import/import-customers.ts'
import type { StaffRow } from '../../import/plant-files.ts'
import { problemText } from '../../import/problems.ts'
import { villageFile } from './village-files.ts'
import { type PlantFiles, saveStaff } from '../../import/plant.ts'
import { readVillagePlant, setUpVillage } from './village-plant.ts'

const ADMIN: StaffRow = { login: 'admin', name: 'Administrator', role: 'head-office', scope: '*' }
const TOKEN_LASTS_MS = 365 * 86_400_000
const CUSTOMERS_FILE = 'katsa-customers.csv'

async function load(db: Db, isEmpty: boolean): Promise<void> {
  const village = isEmpty ? undefined : readVillagePlant()
  const staff = village === undefined ? [ADMIN] : village.staff
  if (village !== undefined) await loadVillage(db, village)
  const people = [...(await staffUsers(db, staff)), ...(village === undefined ? [] : await customerUsers(db))]
  const admin = staff.find(({ role }) => role === 'head-office') ?? ADMIN
  const adminToken = await createSession(db, { staffLogin: admin.login }, new Date(Date.now() + TOKEN_LASTS_MS).toISOString())
  writeUsers({ adminToken, users: people })
}

async function loadVillage(db: Db, village: PlantFiles): Promise<void> {
  const { plant, timeZone, currency } = village.plant
  await setUpVillage(db, village, STARTS_AT)
  const isThere = await db.selectFrom('connections').select('customerId').where('plant', '=', plant).limit(1).executeTakeFirst()
  if (isThere === undefined) {
    const asOf = await businessNow(db, plant, Date.now())
    const report = await importCustomers(db, { plant, file: villageFile(CUSTOMERS_FILE), mode: 'all-or-nothing', asOf })
    if (report.problems.length > 0) throw new Error(report.problems.map(problemText).join('\n'))
    console.log(`${report.taken} customers taken in`)
  }
  const smartStock = village.stock.filter(({ kind }) => kind === 'smart').map(({ serial }) => serial)
  writeVillage({ plant, zone: timeZone, currency, startsAt: STARTS_AT, houses: houses(village), smartStock })
}

/** What each house of the file lives; the columns for it are the village's own. */
function houses({ packages, plant }: PlantFiles): House[] {
  const { rows } = readCsv(villageFile(CUSTOMERS_FILE), [...CUSTOMER_COLUMNS, 'load_profile', 'load_scale'])
  return rows.map(({ cells }) => {
    const { code } = parsePackageText(cells.package_id ?? '', plant.currency)
    const terms = packages.find((one: PackageTerms) => one.code === code)
    return {
      customerId: cells.customer_id ?? '',
      serial: cells.meter_serial ?? '',
      kind: cells.meter_kind ?? '',
      packageCode: code,
      startWh: Number(cells.opening_reading_wh),
      profile: cells.load_profile ?? '',
      scale: Number(cells.load_scale),
      loadLimitW: terms?.loadLimitW ?? 0,
      activeFrom: terms?.activeFrom ?? '00:00',
      activeTo: terms?.activeTo ?? '24:00',
    }
  })
}

/** Staff keep the passwords of earlier starts; who has none yet, or whose file was lost, gets a new one. */
async function staffUsers(db: Db, staff: readonly StaffRow[]): Promise<User[]> {
  const known = new Map(readUsers().users.map((user) => [user.login, user.password]))
  const there = await db.selectFrom('staff').select('login').execute()
  const isThere = (login: string): boolean => there.some((row) => row.login === login)
  const users = staff.map(({ login, name, role }) => ({ login, name, role, password: known.get(login) ?? newPassword() }))
  const changed = staff.filter(({ login }) => !(known.has(login) && isThere(login)))
  const rows = await Promise.all(
    changed.map(async (one) => {
      const password = users.find(({ login }) => login === one.login)?.password ?? newPassword()
      return { ...one, passwordHash: await hashPassword(password) }
    }),
  )
  await saveStaff(db, rows)
  return users
}

async function customerUsers(db: Db): Promise<User[]> {
  const known = new Map(readUsers().users.map((user) => [user.customerId, user.password]))
  const users: User[] = []
  for (const customerId of CUSTOMERS_WITH_LOG_IN) {
    const person = await db
      .selectFrom('accounts')
      .innerJoin('persons', 'persons.personId', 'accounts.personId')
      .select(['persons.personId', 'name', 'passwordHash'])
      .where('customerId', '=', customerId)
      .executeTakeFirstOrThrow()
    const password = known.get(customerId) ?? newPassword()
    if (!(known.has(customerId) && person.passwordHash !== null))
      await setPersonPassword(db, person.personId, await hashPassword(password))
    users.push({ customerId, name: person.name, role: 'customer', password })
  }
  return users
}

function newPassword(): string {
  return randomBytes(9).toString('base64url')
}

const { values } = parseArgs({ options: { empty: { type: 'boolean' } } })
const db = createDatabase(loadConfig(['database']).database.url, { poolSize: 4 })
await load(db, values.empty === true)
await db.destroy()
