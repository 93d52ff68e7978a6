import { expect, test } from '@jest/globals'
import { WorkflowUpdateFailedError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { refusalFromTemporal } from './temporal-failures.ts'

function updateFailure(message: string, type?: string): WorkflowUpdateFailedError {
  return new WorkflowUpdateFailedError(
    'Workflow Update failed',
    ApplicationFailure.create({ message, ...(type !== undefined && { type }), nonRetryable: true }),
  )
}

test('a decision that meets a run which has only just begun is to be sent again', () => {
  const refusal = refusalFromTemporal(updateFailure('No registered handler for update: complete'))
  expect(refusal).toMatchObject({ code: 'TRY_AGAIN' })
})

test('a refusal by the process keeps its code, and what nobody foresaw is not explained', () => {
  expect(refusalFromTemporal(updateFailure('by deepa', 'ALREADY_DECIDED'))).toMatchObject({ code: 'ALREADY_DECIDED' })
  expect(refusalFromTemporal(updateFailure('the disk is full'))).toBeUndefined()
})
