import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Who can log in, as `npm start` prints it. Passwords are made at the first start and live only here. */
export interface Users {
  readonly adminToken: string
  readonly users: readonly User[]
}
export interface User {
  readonly login?: string
  readonly customerId?: string
  readonly name: string
  readonly role: string
  readonly password: string
}

/** A house with a meter: where it is on the register, and what it lives. */
export interface House {
  readonly customerId: string
  readonly serial: string
  readonly kind: string
  readonly packageCode: string
  readonly startWh: number
  readonly profile: string
  readonly scale: number
  readonly loadLimitW: number
  readonly activeFrom: string
  readonly activeTo: string
}

/** What the simulated half of the village has to know of the real one; written when it is loaded. */
export interface VillageFile {
  readonly plant: string
  readonly zone: string
  readonly currency: string
  readonly startsAt: string
  readonly houses: readonly House[]
  /** Smart meters on the shelf. */
  readonly smartStock: readonly string[]
}

/** The folder of this start's data: the one that holds the log-ins. */
export function dataFolder(): string {
  return path.dirname(usersFile())
}

function usersFile(): string {
  return process.env.USERS_FILE ?? path.resolve('var', 'users.json')
}

/** Log-ins of an earlier start; nobody's before the first. */
export function readUsers(): Users {
  return readJson<Users>(usersFile()) ?? { adminToken: '', users: [] }
}

export function writeUsers(users: Users): void {
  writeJson(usersFile(), users)
}

/** The village as it was loaded. Throws when it was not. */
export function readVillage(): VillageFile {
  const village = readJson<VillageFile>(path.join(dataFolder(), 'village.json'))
  if (village === undefined) throw new Error(`${dataFolder()} holds no village.json: the village is not loaded`)
  return village
}

export function writeVillage(village: VillageFile): void {
  writeJson(path.join(dataFolder(), 'village.json'), village)
}

/** A JSON file, or undefined when it is not there or was cut short. */
export function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch {
    return undefined
  }
}

/** Replaced as a whole, and readable by its user only. */
export function writeJson(file: string, value: unknown): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(`${file}.next`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.next`, file)
}
