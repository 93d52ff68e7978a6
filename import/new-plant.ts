import { randomBytes } from 'node:crypto'
import { hashPassword } from '../api/passwords.ts'
import type { Db } from '../db/client.ts'
import { KATSA_POLICY_V1 } from '../domain/policy.ts'
import type { CsvFile } from './csv-rows.ts'
import { type PlantFile, readPlantFiles, saveStaff, setUpPlant } from './plant.ts'
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
  const beginning = { startsAt: now.toISOString(), sandbox: false, policy: KATSA_POLICY_V1, protectedDays: [] }
  if (!(await setUpPlant(db, files, beginning))) return { plant, isNew: false, logIns: [], problems }
  const there = new Set((await db.selectFrom('staff').select('login').execute()).map(({ login }) => login))
  const newcomers = files.staff.filter(({ login }) => !there.has(login))
  const logIns = newcomers.map(({ login }) => ({ login, password: randomBytes(9).toString('base64url') }))
  const hashes = await Promise.all(logIns.map(({ password }) => hashPassword(password)))
  await saveStaff(
    db,
    newcomers.map((one, index) => ({ ...one, passwordHash: hashes[index] ?? '' })),
  )
  return { plant, isNew: true, logIns, problems }
}
