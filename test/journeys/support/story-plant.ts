import { hashPassword } from '../../../api/passwords.ts'
import type { Db } from '../../../db/client.ts'
import { readVillagePlant, setUpVillage } from '../../../dev/village/village-plant.ts'
import { saveStaff } from '../../../import/plant.ts'

/** Password of everybody in a story. */
export const PASSWORD = 'as in a story'

/** A plant of the story's own, with Katsa's lines, packages and staff. */
export interface StoryPlant {
  readonly plant: string
  readonly zone: string
  /** The only smart meters on its shelf. */
  readonly serials: readonly string[]
}

/** Sets the stage: a sandbox plant whose code and serials no other run uses, its clock standing at `startsAt`, and staff who can log in. */
export async function storyPlant(db: Db, startsAt: string): Promise<StoryPlant> {
  const katsa = readVillagePlant()
  const letters = Array.from({ length: 4 }, () => String.fromCodePoint(65 + Math.floor(Math.random() * 26))).join('')
  const plant = `BH${letters}`
  const stock = serialsOf(letters).map((serial) => ({ plant, kind: 'smart' as const, serial }))
  await setUpVillage(db, { ...katsa, plant: { ...katsa.plant, plant }, stock }, startsAt)
  const passwordHash = await hashPassword(PASSWORD)
  const staff = katsa.staff.map((one) => ({ ...one, scope: one.scope === katsa.plant.plant ? plant : one.scope, passwordHash }))
  await saveStaff(db, staff)
  return { plant, zone: katsa.plant.timeZone, serials: stock.map(({ serial }) => serial) }
}

/** A broker with a list of log-ins knows certain meters only: JOURNEY_SERIALS names two of them. */
function serialsOf(letters: string): string[] {
  const known = (process.env.JOURNEY_SERIALS ?? '').split(',').filter(Boolean)
  return known.length > 0 ? known : [`SM${letters}1`, `SM${letters}2`]
}

/** Somebody who has our app and no connection: a log-in by phone, in Hindi. */
export async function registerInApp(db: Db, person: { plant: string; name: string; phone: string }): Promise<void> {
  const personId = `P-${person.plant}-1`
  await db
    .insertInto('persons')
    .values({ ...person, personId, language: 'hi', passwordHash: await hashPassword(PASSWORD) })
    .execute()
}
