import { Client } from '@temporalio/client'
import { TestWorkflowEnvironment, type TimeSkippingTestWorkflowEnvironmentOptions } from '@temporalio/testing'
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker'

/** What the launcher knows of this machine. */
export interface ServerOptions {
  readonly server: TimeSkippingTestWorkflowEnvironmentOptions['server']
  /** The workflows as one script. */
  readonly codePath: string
  readonly searchAttributes: Record<string, number>
}

/** A Temporal server of its own whose clock can be moved. */
export interface SkippingServer {
  readonly client: Client
  readonly taskQueue: string
  /** The server's clock, in ms. */
  wallNow(): Promise<number>
  sleep(durationMs: number): Promise<void>
  /** Starts the worker. */
  work(activities: object): Promise<void>
  close(): Promise<void>
}

const TASK_QUEUE = 'operations'

/** Starts the server; close it at the end. */
export async function skippingServer({ server, codePath, searchAttributes }: ServerOptions): Promise<SkippingServer> {
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' })
  Runtime.install({ logger: new DefaultLogger('WARN'), telemetryOptions: { logging: { filter } } })
  const env = await TestWorkflowEnvironment.createTimeSkipping({ server, plugins: [seldomPings] })
  const namespace = env.namespace ?? 'default'
  await env.connection.operatorService.addSearchAttributes({ namespace, searchAttributes })
  let stop = (): Promise<void> => Promise.resolve()
  return {
    client: new Client({ connection: env.connection, namespace }),
    taskQueue: TASK_QUEUE,
    wallNow: () => env.currentTimeMs(),
    sleep: (durationMs) => env.sleep(durationMs),
    work: async (activities) => {
      const worker = await Worker.create({
        ...{ connection: env.nativeConnection, namespace, taskQueue: TASK_QUEUE, activities },
        workflowBundle: { codePath },
        shutdownGraceTime: '2s',
      })
      const running = worker.run()
      running.catch(() => undefined)
      stop = async () => {
        if (worker.getState() === 'RUNNING') worker.shutdown()
        await running
      }
    },
    close: async () => {
      await stop()
      await env.teardown()
    },
  }
}

/** The time-skipping server drops a client that pings every half minute, the SDK's default. */
const seldomPings = {
  name: 'seldom-pings',
  configureConnection: <T extends { channelArgs?: Record<string, unknown> }>(options: T): T => ({
    ...options,
    channelArgs: { ...options.channelArgs, 'grpc.keepalive_time_ms': 60 * 60_000 },
  }),
}
