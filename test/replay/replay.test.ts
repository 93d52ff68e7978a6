import { beforeAll, describe, expect, test } from '@jest/globals'
import { DeterminismViolationError } from '@temporalio/workflow'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { fileURLToPath } from 'node:url'
import { workflowBundle } from '../../dev/stack/workflow-bundle.mjs'
import * as workflows from '../../workflows/index.ts'
import { ANY_PHONE, namesOfPeople, savedHistories, textsIn } from './histories.ts'

const histories = savedHistories()

beforeAll(() => {
  // A history that does not fit is told by its test; the core would tell it again.
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'off' } } })
})

async function replay(file: string, json: unknown): Promise<void> {
  const bundle = await workflowBundle(fileURLToPath(new URL(file, import.meta.url)))
  await Worker.runReplayHistory({ workflowBundle: bundle }, json)
}

describe('what was lived through before', () => {
  test.each(histories)('$name goes on from where it stood', async ({ json }) => {
    await replay('../../workflows/index.ts', json)
  })

  test('was kept of every workflow', () => {
    const kept = new Set(histories.map(({ workflowType }) => workflowType))
    expect(Object.keys(workflows).filter((type) => !kept.has(type))).toEqual([])
  })

  test.each(histories)('$name tells no name and no phone', ({ json }) => {
    const texts = textsIn(json).join('\n')
    expect(namesOfPeople().filter((name) => texts.includes(name))).toEqual([])
    expect(texts.match(ANY_PHONE)).toBeNull()
  })

  test('is noticed when it does not fit a changed workflow', async () => {
    const task = histories.find(({ workflowType }) => workflowType === 'doFieldTask')
    await expect(replay('./with-a-timer-more.ts', task?.json)).rejects.toThrow(DeterminismViolationError)
  })
})
