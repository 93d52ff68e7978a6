// The three servers below Diya. Each is embedded unless the environment names a real one.
import path from 'node:path'
import { checkoutDir } from './cache.mjs'
import { ensureDatabase, ensureRoles, preparePostgres, roles, serverUrl, untilPostgresAnswers } from './postgres.mjs'
import { resolveTemporalCli } from './temporal-cli.mjs'
import { temporalServerArgs, untilTemporalAnswers } from './temporal-server.mjs'

const database = 'diya'
const gatewayUser = 'diya-gateway'
const retentionDays = 90

/**
 * @typedef {object} Place
 * @property {string} dataDir
 * @property {Record<'postgres' | 'broker' | 'temporal' | 'temporalUi' | 'api', number>} ports
 * @property {import('./secrets.mjs').Secrets} secrets
 * @property {import('./supervisor.mjs').Supervisor} supervisor
 * @property {import('./progress.mjs').Progress} progress
 *
 * @typedef {{ DATABASE_URL: string, MIGRATION_DATABASE_URL: string }} DatabaseEnv
 */

/**
 * @param {Place} place
 * @returns {Promise<DatabaseEnv>}
 */
export async function startDatabase({ dataDir, ports, supervisor, progress }) {
  const { DATABASE_URL, MIGRATION_DATABASE_URL = DATABASE_URL } = process.env
  if (DATABASE_URL && MIGRATION_DATABASE_URL) {
    progress.say('Postgres: the one of DATABASE_URL')
    return { DATABASE_URL, MIGRATION_DATABASE_URL }
  }
  progress.say(`Postgres: embedded, on port ${ports.postgres}`)
  const superUrl = serverUrl(ports.postgres)
  const prepared = await preparePostgres({ dataDir: path.join(dataDir, 'postgres'), port: ports.postgres, logFile: '' })
  if (!prepared.dataDir.startsWith(dataDir))
    progress.say(`  its data is in ${prepared.dataDir}, since it may not run as root nor enter ${dataDir} as another user`)
  const ready = () => untilPostgresAnswers(superUrl, 100_000)
  // SIGINT is its "fast" stop: open sessions are cut and the data is flushed.
  await supervisor.start({ name: 'Postgres', ...prepared, ready, stopSignal: 'SIGINT', graceMs: 30_000 })
  await ensureRoles(superUrl)
  await ensureDatabase(superUrl, database)
  return {
    DATABASE_URL: serverUrl(ports.postgres, { user: roles.app, database }),
    MIGRATION_DATABASE_URL: serverUrl(ports.postgres, { user: roles.owner, database }),
  }
}

/**
 * @param {Place} place
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function startBroker({ ports, secrets, supervisor, progress }) {
  const { MQTT_URL, MQTT_USERNAME, MQTT_PASSWORD, METER_PASSWORD } = process.env
  if (MQTT_URL) {
    progress.say('MQTT broker: the one of MQTT_URL')
    return { MQTT_URL, MQTT_USERNAME, MQTT_PASSWORD, METER_PASSWORD }
  }
  progress.say(`MQTT broker: embedded, on port ${ports.broker}`)
  const access = { MQTT_USERNAME: gatewayUser, MQTT_PASSWORD: secrets.gatewayPassword, METER_PASSWORD: secrets.meterPassword }
  const env = { ...access, BROKER_PORT: String(ports.broker) }
  await supervisor.start({
    name: 'Broker',
    command: process.execPath,
    args: [path.join(checkoutDir, 'dev', 'stack', 'broker.mjs')],
    env,
  })
  return { ...access, MQTT_URL: `mqtt://127.0.0.1:${ports.broker}` }
}

/**
 * @param {Place} place
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function startTemporal({ dataDir, ports, supervisor, progress }) {
  const { TEMPORAL_ADDRESS: outside, TEMPORAL_NAMESPACE: namespace = 'default', TEMPORAL_UI_URL } = process.env
  const address = outside || `127.0.0.1:${ports.temporal}`
  if (outside) {
    progress.say(`Temporal: the one of TEMPORAL_ADDRESS, ${outside}`)
    await untilTemporalAnswers(address, { namespace })
  } else {
    const cli = await resolveTemporalCli(progress)
    progress.say(`Temporal: ${cli.source}; on port ${ports.temporal}, its UI on ${ports.temporalUi}`)
    const args = temporalServerArgs({ port: ports.temporal, uiPort: ports.temporalUi, dbFile: path.join(dataDir, 'temporal.db') })
    const ready = () => untilTemporalAnswers(address, { timeoutMs: 100_000 })
    await supervisor.start({ name: 'Temporal', command: cli.file, args, ready })
  }
  const { prepareTemporal } = await import('../../deploy/prepare-temporal.mjs')
  await prepareTemporal({ address, namespace, retentionDays })
  const ui = outside ? TEMPORAL_UI_URL : `http://127.0.0.1:${ports.temporalUi}`
  return { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, TEMPORAL_UI_URL: ui }
}
