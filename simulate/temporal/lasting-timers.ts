import { CancellationScope, type WorkflowInterceptors } from '@temporalio/workflow'

/**
 * Timers that are never cancelled, for runs on the time-skipping server. There, a run that cancels a timer while it fires is refused,
 * and never hears of anything again (temporalio/sdk-java#3088); a nudge about the moment a deadline passes is enough. The real
 * server takes the cancellation. To the workflow nothing changes: it is told of its cancellation, and nobody listens to a timer that is left.
 */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      startTimer: (input, next) => {
        const { cancelRequested } = CancellationScope.current()
        return Promise.race([CancellationScope.nonCancellable(() => next(input)), cancelRequested])
      },
    },
  ],
})
