import { parse } from 'csv-parse/sync'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the histories are kept that every later version must replay. */
export const HISTORIES = fileURLToPath(new URL('../histories/', import.meta.url))

/** A history as it was saved. */
export interface SavedHistory {
  /** `<workflow>-<story>`. */
  readonly name: string
  readonly workflowType: string
  readonly json: unknown
}

interface Json {
  readonly events: readonly {
    readonly workflowExecutionStartedEventAttributes?: { readonly workflowType?: { readonly name?: string } }
  }[]
}

/** Every saved history, by name. */
export function savedHistories(): SavedHistory[] {
  return readdirSync(HISTORIES)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const json = JSON.parse(readFileSync(`${HISTORIES}${file}`, 'utf8')) as Json
      const workflowType = json.events[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? ''
      return { name: file.replace(/\.json$/, ''), workflowType, json }
    })
}

/** Every text in a history, with what payloads say: they are kept as base64. */
export function textsIn(part: unknown): string[] {
  if (typeof part === 'string') return [part, Buffer.from(part, 'base64').toString()]
  return typeof part === 'object' && part !== null ? Object.values(part).flatMap(textsIn) : []
}

/** Names of the village's people, in both scripts, and those that stories use. */
export function namesOfPeople(): string[] {
  const rows = (file: string): Record<string, string>[] =>
    parse(readFileSync(new URL(`../../dev/village/data/${file}`, import.meta.url)), { columns: true, bom: true })
  const people = [...rows('katsa-customers.csv'), ...rows('katsa-staff.csv')]
  const names = people.flatMap(({ name, name_hi: nameHi }) => [name ?? '', nameHi ?? ''])
  return [...new Set([...names, 'Sunita Devi', 'Ramesh'])].filter((name) => name !== '')
}

/** Every phone of the village and of its stories begins like this. */
export const ANY_PHONE = /\+91\d{10}/g
