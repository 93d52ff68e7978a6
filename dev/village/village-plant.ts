import type { Db } from '../../db/client.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { type PlantFiles, readPlantFiles, setUpPlant } from '../../import/plant.ts'
import { problemText } from '../../import/problems.ts'
import { PROTECTED_DAYS } from './cast.ts'
import { villageFile } from './village-files.ts'

/** Reads the village's files. Throws with every problem in them: they are ours. */
export function readVillagePlant(): PlantFiles {
  const { files, problems } = readPlantFiles((name) => villageFile(`katsa-${name}.csv`))
  if (files === undefined) throw new Error(problems.map(problemText).join('\n'))
  return files
}

/** The village is a sandbox whose clock stands at `startsAt` until its people are there. Returns whether it was new. */
export async function setUpVillage(db: Db, files: PlantFiles, startsAt: string): Promise<boolean> {
  return setUpPlant(db, files, { startsAt, sandbox: true, policy: KATSA_POLICY_V1, protectedDays: PROTECTED_DAYS })
}
