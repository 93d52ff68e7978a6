import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type Village, village } from '../support/village.ts'
import { HISTORIES } from './histories.ts'
import { liveStories } from './live-stories.ts'

// `npm run save-histories`: no test of ours, but a story that is told once and kept.
let katsa: Village
beforeAll(async () => {
  katsa = await village({ cancelsTimers: true })
}, 60_000)
afterAll(() => katsa.close())

test('the histories of the village are saved', async () => {
  mkdirSync(HISTORIES, { recursive: true })
  const stories = await liveStories(katsa)
  for (const [name, workflowId] of Object.entries(stories)) {
    const history = await katsa.temporal.client.workflow.getHandle(workflowId).fetchHistory()
    writeFileSync(`${HISTORIES}${name}.json`, `${withoutIdentity(historyToJSON(history))}\n`)
    const { stage, outcome, parkedReason } = await katsa.process(workflowId)
    console.log(`${name}: ${history.events?.length ?? 0} events, ${outcome ?? stage}`)
    expect(parkedReason).toBeNull()
  }
}, 600_000)

/** Without who did the work, process and host: it says nothing of the story, and names the machine it was told on. */
function withoutIdentity(historyJson: string): string {
  return JSON.stringify(
    JSON.parse(historyJson, (key, value: unknown) => (key === 'identity' ? undefined : value)),
    null,
    2,
  )
}
