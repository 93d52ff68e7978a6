import { randomBytes } from 'node:crypto'
import { hashPassword } from '../api/passwords.ts'
import type { Db } from '../db/client.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import { KATSA_POLICY_V1 } from '../domain/policy.ts'
import type { CsvFile } from './csv-rows.ts'
import { addStaff, insertPlant, type PlantFile, readPlantFiles } from './plant.ts'
import type { Problem } from './problems.ts'

/** A log-in that was made, with the password nobody else knows: it is shown once and kept nowhere. */
export interface NewLogIn {
  readonly login: string
  readonly password: string
}

export interface NewPlant {
  /** The plant's code; undefined where a file is wrong. */
  readonly plant: string | undefined
  /** False where the plant was there before: then nothing was changed. */
  readonly isNew: boolean
  readonly logIns: readonly NewLogIn[]
  readonly problems: readonly Problem[]
}

/**
 * Sets up a plant that lives in real time, by the default policy, from its six files. Staff who are there already, because they serve
 * another plant, keep their passwords and their scope.
 */
export async function newPlant(db: Db, file: (name: PlantFile) => CsvFile, now: Date): Promise<NewPlant> {
  const { files, problems } = readPlantFiles(file)
  if (files === undefined) return { plant: undefined, isNew: false, logIns: [], problems }
  const { plant } = files.plant
  const passwords = files.staff.map(({ login }) => ({ login, password: randomBytes(9).toString('base64url') }))
  const hashes = await Promise.all(passwords.map(({ password }) => hashPassword(password)))
  const staff = files.staff.map((one, index) => ({ ...one, passwordHash: hashes[index] ?? '' }))
  const beginning = { startsAt: now.toISOString(), sandbox: false, policy: KATSA_POLICY_V1, protectedDays: [] }
  // Both or neither: a plant whose staff cannot log in would be there already at the next try, and stay so.
  const added = await inTransaction(db, async (tx) =>
    (await insertPlant(tx, files, beginning)) ? addStaff(tx, staff) : undefined,
  )
  return { plant, isNew: added !== undefined, logIns: passwords.filter(({ login }) => added?.has(login)), problems }
}
