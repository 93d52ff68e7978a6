// Makes a Temporal namespace ready for Diya: search attributes and retention. Run it once before the workers start; again is safe.
import { Connection, isGrpcServiceError } from '@temporalio/client'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

// IndexedValueType of Temporal's API.
const keyword = 2
const datetime = 6

// gRPC's NOT_FOUND.
const notFound = 5
const lookEveryMs = 500

/** What an operator can filter runs by in the Temporal UI: business keys and stages, never a name or a phone number. */
export const searchAttributes = {
  CustomerId: keyword,
  PlantCode: keyword,
  Period: keyword,
  RequestId: keyword,
  Stage: keyword,
  Outcome: keyword,
  WaitingFor: keyword,
  DueAt: datetime,
}

/**
 * Adds the search attributes that the namespace lacks. Before any worker polls: a workflow that writes an unknown one is stuck.
 * The server's own start flags do not do, since they count only when a namespace is new.
 * @param {Connection} connection
 * @param {string} namespace
 */
export async function registerSearchAttributes(connection, namespace) {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
  const missing = Object.entries(searchAttributes).filter(([name]) => !(name in (customAttributes ?? {})))
  if (missing.length)
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing) })
}

/**
 * Closed histories stay readable in the UI this long; the server's default for a new namespace is one day.
 * @param {Connection} connection
 * @param {string} namespace
 * @param {number} days
 */
export async function setRetention(connection, namespace, days) {
  const workflowExecutionRetentionTtl = { seconds: /** @type {any} */ (days * 24 * 60 * 60) }
  await connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } })
}

/**
 * Waits up to `patienceMs` for a namespace that is not there yet: a server is healthy before it has made its first one.
 * @param {{ address: string, namespace: string, retentionDays: number, patienceMs?: number }} options
 */
export async function prepareTemporal({ address, namespace, retentionDays, patienceMs = 60_000 }) {
  const connection = await Connection.connect({ address, connectTimeout: '30s' })
  try {
    await onceThere(async () => {
      await connection.workflowService.describeNamespace({ namespace })
      await registerSearchAttributes(connection, namespace)
      await setRetention(connection, namespace, retentionDays)
    }, patienceMs)
  } finally {
    await connection.close()
  }
}

/**
 * Tries until nothing says NOT_FOUND any more. All of the work and not only a look at the namespace: the part of the server that
 * keeps search attributes hears of a new namespace some seconds later.
 * @param {() => Promise<void>} prepare
 * @param {number} patienceMs
 */
async function onceThere(prepare, patienceMs) {
  for (const until = Date.now() + patienceMs; ;) {
    try {
      return await prepare()
    } catch (error) {
      if (!isGrpcServiceError(error) || error.code !== notFound || Date.now() >= until) throw error
    }
    await pause(lookEveryMs)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const {
    TEMPORAL_ADDRESS: address = 'localhost:7233',
    TEMPORAL_NAMESPACE: namespace = 'default',
    TEMPORAL_RETENTION_DAYS = '90',
  } = process.env
  await prepareTemporal({ address, namespace, retentionDays: Number(TEMPORAL_RETENTION_DAYS) })
  console.log(`Temporal namespace ${namespace} is ready`)
}
