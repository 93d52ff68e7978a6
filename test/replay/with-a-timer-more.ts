import { sleep } from '@temporalio/workflow'
import { doFieldTask as asItIs, type FieldTaskInput } from '../../workflows/do-field-task.ts'

/** The workflow as somebody might change it without thinking of the tasks that are under way. */
export async function doFieldTask(input: FieldTaskInput): Promise<string> {
  await sleep('1 minute')
  return asItIs(input)
}
