import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import type { Runs, RunningWorkflow } from '../activities/compare-runs.ts'

const RPC_DEADLINE_MS = 10_000
/** A run that has just begun may not have its row yet. */
const OLDER_THAN_MS = 10 * 60_000

/** The runs of a Temporal server, as the reconciler asks for them. */
export function temporalRuns(client: Client, now: () => number = Date.now): Runs {
  return {
    isRunning: async (workflowId) => {
      try {
        const { status } = await client.withDeadline(now() + RPC_DEADLINE_MS, () =>
          client.workflow.getHandle(workflowId).describe(),
        )
        return status.name === 'RUNNING'
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false
        throw error
      }
    },
    listRunning: async (plant, limit) => {
      const before = new Date(now() - OLDER_THAN_MS).toISOString()
      const query = `PlantCode = '${plant}' AND ExecutionStatus = 'Running' AND StartTime < '${before}'`
      const found: RunningWorkflow[] = []
      for await (const { workflowId, type } of client.workflow.list({ query })) {
        found.push({ workflowId, workflowType: type })
        if (found.length >= limit) break
      }
      return found
    },
  }
}
