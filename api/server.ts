import { Client, Connection } from '@temporalio/client'
import pino from 'pino'
import { loadConfig, tellConfigError } from '../config.ts'
import { createDatabase } from '../db/client.ts'
import { buildApp } from './app.ts'

/** Requests under way get this long to end before the process does. */
const GRACE_MS = 10_000

/** The API process. Any number of these may run; stopping one ends what it is answering first. */
async function main(): Promise<void> {
  const config = loadConfig(['database', 'temporal', 'api', 'webhooks', 'kyc', 'meterAccess', 'log'])
  const log = pino({ name: 'api', level: config.log.level })
  const db = createDatabase(config.database.url, { poolSize: config.database.poolSize })
  const connection = Connection.lazy({ address: config.temporal.address })
  const client = new Client({ connection, namespace: config.temporal.namespace })
  const app = await buildApp({
    db,
    client,
    log,
    taskQueue: config.temporal.taskQueue,
    now: Date.now,
    config: {
      namespace: config.temporal.namespace,
      temporalUiUrl: config.api.temporalUiUrl,
      trustedProxies: config.api.trustedProxies,
      webhookSecrets: config.webhooks.secrets,
      kycKey: config.kyc.key,
      meterAccessKey: config.meterAccess.key,
    },
  })
  const address = await app.listen({ host: config.api.host, port: config.api.port })
  log.info({ address }, 'api is listening')
  process.send?.('ready')

  const stop = async (): Promise<void> => {
    setTimeout(() => process.exit(1), GRACE_MS).unref()
    await app.close()
    await db.destroy()
    // Not connection.close(): a retry that waits on its timer would throw on a closed channel.
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())
}

await main().catch(tellConfigError)
