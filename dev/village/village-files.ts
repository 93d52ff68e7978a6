import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadProfiles, type LoadProfiles } from '../../meters/simulator/profile.ts'
import type { CsvFile } from '../../import/csv-rows.ts'

/** From the sources and from dist/ alike: the data is not compiled. */
const FOLDER = path.resolve(path.dirname(fileURLToPath(import.meta.url)).replace(`${path.sep}dist${path.sep}`, path.sep), 'data')

/** A file of the village, e.g. `katsa-customers.csv`. */
export function villageFile(name: string): CsvFile {
  return { name, bytes: readFileSync(path.join(FOLDER, name)) }
}

/** What every house of the village wants, half hour by half hour. */
export function villageProfiles(): LoadProfiles {
  return loadProfiles(path.join(FOLDER, 'village-load.csv'))
}
