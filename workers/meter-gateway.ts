import { readFileSync } from 'node:fs'
import { loadConfig, tellConfigError } from '../config.ts'
import { createDatabase } from '../db/client.ts'
import { startAccess } from './gateway/access.ts'
import { startGateway } from './gateway/gateway.ts'
import { createLog } from './log.ts'
import { untilStopped } from './until-stopped.ts'

/** The process between the meters and the database. Any number may run, each with a client id of its own. */
async function main(): Promise<void> {
  const config = loadConfig(['database', 'mqtt', 'meterAccess', 'brokerAccess', 'log'])
  const log = createLog({ name: 'meter-gateway', level: config.log.level })
  const stopped = untilStopped()
  const db = createDatabase(config.database.url, { poolSize: config.database.poolSize })
  const { username, password, caFile, ...mqtt } = config.mqtt
  const ca = caFile === undefined ? undefined : readFileSync(caFile)
  const credentials = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(ca && { ca }),
  }
  const gateway = startGateway({ db, databaseUrl: config.database.url, mqtt: { ...mqtt, ...credentials }, now: Date.now, log })
  const { key } = config.meterAccess
  const broker = { ...config.brokerAccess, url: mqtt.url, ca }
  const access = key && startAccess({ db, databaseUrl: config.database.url, broker, key, now: Date.now, log })
  const isReady = await Promise.race([gateway.ready().then(() => true), stopped.then(() => false)])
  if (isReady) {
    log.info('meter gateway hears the meters')
    process.send?.('ready')
  }
  log.info({ signal: await stopped }, 'stopping')
  await Promise.all([gateway.stop(), access?.stop()])
  await db.destroy()
  // The connection to whoever started this process would keep it alive.
  if (process.connected) process.disconnect()
}

await main().catch(tellConfigError)
