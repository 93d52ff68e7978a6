import { Connection } from '@temporalio/client'
import { randomBytes } from 'node:crypto'
import { prepareTemporal } from '../../deploy/prepare-temporal.mjs'
import type { DevServer } from './dev-server.ts'
import { until } from './until.ts'

const RETENTION_DAYS = 1

/** A namespace of its own on a server: two runs may use the same workflow ids, also on a server that others use. */
export async function freshNamespace(server: DevServer): Promise<DevServer> {
  const namespace = `diya-test-${randomBytes(4).toString('hex')}`
  const connection = await Connection.connect({ address: server.address })
  const seconds = RETENTION_DAYS * 86_400
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: seconds as unknown as Long },
  })
  await connection.close()
  // Servers look for new namespaces every few seconds.
  await until(() => prepareTemporal({ address: server.address, namespace, retentionDays: RETENTION_DAYS }), 30_000)
  return { ...server, namespace }
}

type Long = NonNullable<
  NonNullable<Parameters<Connection['workflowService']['registerNamespace']>[0]['workflowExecutionRetentionPeriod']>['seconds']
>
