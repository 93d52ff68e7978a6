import { Client, type ConnectionOptions } from '@temporalio/client'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker'
import { fileURLToPath } from 'node:url'
import { searchAttributes } from '../../deploy/prepare-temporal.mjs'
import { timeSkippingServer } from '../../dev/stack/test-server.mjs'
import { workflowBundle } from '../../dev/stack/workflow-bundle.mjs'
import { connectTo, type DevServer } from './dev-server.ts'

/** The queue that workers, clients and activities of a test agree on. */
export const TEST_TASK_QUEUE = 'operations'

export type RunningWorker = {
  /** Finishes what it holds, then ends: as a deployment would. */
  readonly stop: () => Promise<void>
}

export type TestTemporal = {
  readonly env: TestWorkflowEnvironment
  /** A client that never skips time: `handle.result()` waits in real time, so time moves only through {@link advance}. */
  readonly client: Client
  readonly runWorker: (activities: object, options?: WorkerChoices) => Promise<RunningWorker>
  /** The server's clock, an instant. */
  readonly now: () => Promise<string>
  /** Moves the server's clock by so many milliseconds, once `settle` says that nothing is under way. */
  readonly advance: (durationMs: number, settle?: () => Promise<void>) => Promise<void>
  readonly close: () => Promise<void>
}

export type WorkerChoices = {
  /** Defaults to every workflow of ours. A test may pass its own file's URL to try a construct. */
  readonly workflowsUrl?: URL
  /** 0 replays each workflow from its start at every step, which finds code that is not deterministic. */
  readonly maxCachedWorkflows?: number
  /** Cancels timers as in production although the server may lose the run over it: for histories that are to be replayed. */
  readonly cancelsTimers?: boolean
}

/**
 * A Temporal server of its own whose clock can be moved, for one test file; close it in `afterAll`.
 * Time-skipping is one clock for all workflows on it. It knows no Schedules and no lists (use {@link realTimeTemporal} for those).
 */
export async function timeSkippingTemporal(): Promise<TestTemporal> {
  quietRuntime()
  return start(() => TestWorkflowEnvironment.createTimeSkipping({ server: timeSkippingServer(), plugins: [seldomPings] }))
}

/** The same on a real server in real time (see `devServer`): Schedules and lists work, `advance` waits. */
export async function realTimeTemporal(server: DevServer): Promise<TestTemporal> {
  quietRuntime()
  return start(() => connectTo(server))
}

async function start(create: () => Promise<TestWorkflowEnvironment>): Promise<TestTemporal> {
  const env = await retryStart(create)
  // The time-skipping server adds attributes but cannot list them, so not by `registerSearchAttributes`.
  if (env.supportsTimeSkipping)
    await env.connection.operatorService.addSearchAttributes({ namespace: env.namespace ?? 'default', searchAttributes })
  const workers = new Set<RunningWorker>()
  const runWorker = async (activities: object, choices: WorkerChoices = {}): Promise<RunningWorker> => {
    const worker = await startWorker(env, activities, choices)
    workers.add(worker)
    return worker
  }
  const close = async (): Promise<void> => {
    for (const worker of workers) await worker.stop()
    await env.teardown()
  }
  const advance = async (durationMs: number, settle?: () => Promise<void>): Promise<void> => {
    await settle?.()
    await env.sleep(durationMs)
    await settle?.()
  }
  const now = async (): Promise<string> => new Date(await env.currentTimeMs()).toISOString()
  return { env, client: new Client({ connection: env.connection, namespace: env.namespace }), runWorker, now, advance, close }
}

/** The SDK gives a server five seconds to answer, which Java on a busy machine may miss once. */
async function retryStart(create: () => Promise<TestWorkflowEnvironment>): Promise<TestWorkflowEnvironment> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await create()
    } catch (error) {
      if (attempt === 4) throw error
    }
  }
}

async function startWorker(env: TestWorkflowEnvironment, activities: object, choices: WorkerChoices): Promise<RunningWorker> {
  const workflowsUrl = choices.workflowsUrl ?? new URL('../../workflows/index.ts', import.meta.url)
  const isSafe = !env.supportsTimeSkipping || choices.cancelsTimers === true
  const interceptors = isSafe ? [] : [fileURLToPath(new URL('../../simulate/temporal/lasting-timers.ts', import.meta.url))]
  const worker = await Worker.create({
    connection: env.nativeConnection,
    namespace: env.namespace ?? 'default',
    taskQueue: TEST_TASK_QUEUE,
    workflowBundle: await workflowBundle(fileURLToPath(workflowsUrl), interceptors),
    activities,
    maxCachedWorkflows: choices.maxCachedWorkflows,
    shutdownGraceTime: '2s',
  })
  const running = worker.run()
  // Heard at stop(); without this an early end would be an unhandled rejection of the whole process.
  running.catch(() => undefined)
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= (worker.getState() === 'RUNNING' ? worker.shutdown() : undefined, running)
    return stopping
  }
  return { stop }
}

/** The time-skipping server drops a client that pings every half minute, the SDK's default: after two, in a file that takes longer. */
const seldomPings = {
  name: 'seldom-pings',
  configureConnection: (options: ConnectionOptions): ConnectionOptions => ({
    ...options,
    channelArgs: { ...options.channelArgs, 'grpc.keepalive_time_ms': 60 * 60_000 },
  }),
}

/** Once per test file, since each has fresh modules: only warnings of our own and errors of the SDK are shown. */
function quietRuntime(): void {
  try {
    const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' })
    Runtime.install({ logger: new DefaultLogger('WARN'), telemetryOptions: { logging: { filter } } })
  } catch {
    // A second server in the same file: the first call has set it.
  }
}
