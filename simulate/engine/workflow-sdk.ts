import { engineNow, rests, runNow } from './runs.ts'

// What the workflows use of `@temporalio/workflow`, on one queue of events in memory: the same bodies take the same steps in the same
// order. No history, no retries, no signals on their way; `stand-ins.ts` puts it in the place of the package.

export { ActivityFailure, ApplicationFailure } from '@temporalio/common'

interface Definition {
  readonly type: 'signal' | 'update'
  readonly name: string
}

export function defineSignal(name: string): Definition {
  return { type: 'signal', name }
}

export function defineUpdate(name: string): Definition {
  return { type: 'update', name }
}

export function setHandler(
  { name }: Definition,
  handle: (input: unknown) => unknown,
  options: { readonly validator?: (input: unknown) => void } = {},
): void {
  runNow().handlers.set(name, { handle, validator: options.validator })
}

export function workflowInfo(): { workflowId: string; workflowType: string; continueAsNewSuggested: boolean } {
  const { workflowId, workflowType } = runNow()
  return { workflowId, workflowType, continueAsNewSuggested: false }
}

/** Waits until `isMet`, or for so many milliseconds of business time; false where the time was up first. */
export function condition(isMet: () => boolean, timeoutMs = Infinity): Promise<boolean> {
  const run = runNow()
  const engine = engineNow()
  if (isMet()) return Promise.resolve(true)
  return new Promise((resolve) => {
    const wait = { isMet, at: engine.nowMs() + timeoutMs, go: resolve, isOver: false }
    run.waits.add(wait)
    engine.remember(run, wait)
    rests(run)
  })
}

export function allHandlersFinished(): boolean {
  return runNow().handling === 0
}

/** No history grows long here. */
export function continueAsNew(): never {
  throw new Error('a run of the simulation begins anew, though it has no history')
}

/** Nobody cancels a run here. */
export function isCancellation(_error: unknown): boolean {
  return false
}

/** Every run is new. */
export function patched(_patchId: string): boolean {
  return true
}

/** Shown by a server; there is none. */
export function upsertSearchAttributes(_attributes: unknown): void {}

/** Shown by a server; there is none. */
export function setCurrentDetails(_details: string): void {}

type Activity = ((input: unknown) => Promise<unknown>) & {
  executeWithOptions(options: unknown, args: readonly unknown[]): Promise<unknown>
}

/** Every activity by its name, called in place. */
export function proxyActivities(_options: unknown): Record<string, Activity> {
  const activityOf = (_target: object, name: string | symbol): Activity => {
    const call = (input: unknown): Promise<unknown> => engineNow().call(String(name), input)
    return Object.assign(call, { executeWithOptions: (_: unknown, [input]: readonly unknown[]) => call(input) })
  }
  return new Proxy({}, { get: activityOf })
}

export const proxyLocalActivities = proxyActivities
