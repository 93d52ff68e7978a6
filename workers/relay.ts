import { Client, Connection } from '@temporalio/client'
import { loadConfig, tellConfigError } from '../config.ts'
import { createDatabase } from '../db/client.ts'
import { consoleSender } from '../notifications/sender.ts'
import { createLog } from './log.ts'
import { startRelay } from './relay/relay.ts'
import { untilStopped } from './until-stopped.ts'

/** The process that sends what the database holds: starts and nudges, notices. Any number may run; stopping one loses nothing. */
async function main(): Promise<void> {
  const config = loadConfig(['database', 'temporal', 'log'])
  const log = createLog({ name: 'relay', level: config.log.level })
  const stopped = untilStopped()
  const db = createDatabase(config.database.url, { poolSize: config.database.poolSize })
  // Lazy: notices and the sandbox's clock go on while Temporal is away, also when it is away at our start.
  const connection = Connection.lazy({ address: config.temporal.address })
  const client = new Client({ connection, namespace: config.temporal.namespace })
  const sender = consoleSender((line) => log.info(JSON.parse(line) as object, 'notice sent'))
  const { taskQueue } = config.temporal
  const relay = startRelay({ db, databaseUrl: config.database.url, client, taskQueue, sender, now: Date.now, log })
  const isReady = await Promise.race([relay.ready.then(() => true), stopped.then(() => false)])
  if (isReady) {
    log.info('relay is sending')
    process.send?.('ready')
  }
  log.info({ signal: await stopped }, 'stopping')
  await relay.stop()
  await connection.close()
  await db.destroy()
  // The connection to whoever started this process would keep it alive.
  if (process.connected) process.disconnect()
}

await main().catch(tellConfigError)
