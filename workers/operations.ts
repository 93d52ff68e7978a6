import {
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker'
import { Client } from '@temporalio/client'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import { createActivities } from '../activities/index.ts'
import { loadConfig, tellConfigError } from '../config.ts'
import { createDatabase } from '../db/client.ts'
import { temporalRuns } from './runs.ts'

/** Activities at once; the database pool is as large, so that none waits for a connection. */
const ACTIVITIES_AT_ONCE = 20

/** The Temporal worker: every workflow, every activity. Any number of these may run; stopping one loses nothing. */
async function main(): Promise<void> {
  const config = loadConfig(['database', 'temporal', 'log'])
  const log = pino({ name: 'operations', level: config.log.level })
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
      log[level === 'ERROR' ? 'error' : 'warn']({ ...meta }, message),
    ),
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN' }) } },
  })
  const db = createDatabase(config.database.url, { poolSize: ACTIVITIES_AT_ONCE })
  const connection = await NativeConnection.connect({ address: config.temporal.address })
  const client = new Client({ connection, namespace: config.temporal.namespace })
  const worker = await Worker.create({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: config.temporal.taskQueue,
    ...workflowCode(),
    activities: createActivities({ db, runs: temporalRuns(client) }),
    maxConcurrentActivityTaskExecutions: ACTIVITIES_AT_ONCE,
    maxCachedWorkflows: 1000,
    shutdownGraceTime: '10s',
  })
  log.info('operations worker is polling')
  process.send?.('ready')
  await worker.run()
  await connection.close()
  await db.destroy()
}

/** The bundle made at build time where there is one; otherwise the sources are bundled now. */
function workflowCode(): { workflowBundle: WorkflowBundleOption } | { workflowsPath: string } {
  const bundle = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url))
  return existsSync(bundle)
    ? { workflowBundle: { codePath: bundle } }
    : { workflowsPath: fileURLToPath(new URL('../workflows/index.js', import.meta.url)) }
}

await main().catch(tellConfigError)
