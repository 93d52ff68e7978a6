import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { Client } from '@temporalio/client'
import type { Caller } from './people/caller.ts'

/** What a story was recognised by. */
export interface Sighting {
  readonly what: string
  /** Paths of the API that show it, and runs to open in the Temporal UI. */
  readonly paths: readonly string[]
  readonly workflowIds: readonly string[]
  /** A list to open in the Temporal UI, where no single run shows it. */
  readonly query?: string
}

/** One story of the village. `see` returns what it was recognised by, or undefined until it has happened. */
export interface Story {
  readonly title: string
  /** Looked for when all others were seen. */
  readonly isLast?: true
  readonly see: (eyes: Eyes) => Promise<Sighting | undefined>
}

/** What a looker-on looks through: the API, as head office, and Temporal's own list. */
export interface Eyes {
  readonly api: Caller
  readonly plant: string
  readonly zone: string
  readonly temporal: TemporalEyes
}

export interface TemporalEyes {
  /** The newest run that fits a visibility query, by its search attributes; undefined when there is none (yet). */
  find(query: string): Promise<{ workflowId: string; stage: string; outcome: string } | undefined>
}

const STAGE = defineSearchAttributeKey('Stage', SearchAttributeType.KEYWORD)
const OUTCOME = defineSearchAttributeKey('Outcome', SearchAttributeType.KEYWORD)

export function temporalEyes(client: Client): TemporalEyes {
  return {
    find: async (query) => {
      for await (const { workflowId, typedSearchAttributes } of client.workflow.list({ query, pageSize: 1 })) {
        return { workflowId, stage: typedSearchAttributes.get(STAGE) ?? '', outcome: typedSearchAttributes.get(OUTCOME) ?? '' }
      }
      return undefined
    },
  }
}
