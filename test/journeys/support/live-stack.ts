import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Db } from '../../../db/client.ts'
import { freePort } from '../../../dev/stack/ports.mjs'
import { devServer } from '../../support/dev-server.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { type OwnProcess, startNode, startOwn } from '../../support/processes.ts'

/** Everything that runs in production, on real servers, for one story. */
export interface LiveStack {
  /** For setting the stage only: the story itself goes over HTTP. */
  readonly db: Db
  /** Where the API listens. */
  readonly url: string
  readonly mqttUrl: string
  /** How a meter logs in to the broker; undefined where the broker asks nobody. */
  readonly meterPassword: string | undefined
  readonly walletSecret: string
  /** What our processes said, the last of it, for a story that went wrong. */
  readonly logs: () => string
  close(): Promise<void>
}

/** What the sandbox's wallet signs its notices as. */
export const WALLET = 'sandbox-wallet'
const LOG_TAIL = 3_000
/** In the order of their start. */
const PROCESSES = ['workers/operations', 'workers/relay', 'workers/meter-gateway', 'api/server'] as const

/**
 * Starts the four processes of Diya on a database of their own, on the servers that the environment names (DATABASE_URL, MQTT_URL,
 * TEMPORAL_ADDRESS) or on embedded ones. Task queue and client ids are this run's alone, so that servers may be shared.
 */
export async function liveStack(): Promise<LiveStack> {
  const run = randomBytes(4).toString('hex')
  const database = await freshDatabase()
  const temporal = await devServer()
  const broker = await startBroker()
  const walletSecret = `whsec_${randomBytes(32).toString('base64')}`
  const port = await freePort()
  const env = {
    DATABASE_URL: database.appUrl,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    TEMPORAL_TASK_QUEUE: `journey-${run}`,
    ...broker.gatewayEnv,
    MQTT_CLIENT_ID: `journey-${run}`,
    API_PORT: String(port),
    KYC_KEY: randomBytes(32).toString('base64'),
    WEBHOOK_SECRETS: `${WALLET}=${walletSecret}`,
    LOG_LEVEL: 'warn',
  }
  const processes: OwnProcess[] = []
  const close = async (): Promise<void> => {
    for (const one of processes.toReversed()) await one.stop()
    await broker.close()
    await temporal.close()
    await database.close()
  }
  try {
    for (const script of PROCESSES) processes.push(await startOwn(script, env))
  } catch (error) {
    await close()
    throw error
  }
  return {
    db: database.db,
    url: `http://127.0.0.1:${port}`,
    mqttUrl: broker.url,
    meterPassword: broker.meterPassword,
    walletSecret,
    logs: () => processes.map((one, at) => `--- ${PROCESSES[at]}\n${one.log().slice(-LOG_TAIL)}`).join('\n'),
    close,
  }
}

interface Broker {
  readonly url: string
  readonly gatewayEnv: Readonly<Record<string, string>>
  readonly meterPassword: string | undefined
  close(): Promise<void>
}

/** The broker of MQTT_URL with the log-ins of the environment, else the embedded one with its rules of access. */
async function startBroker(): Promise<Broker> {
  const { MQTT_URL, MQTT_USERNAME, MQTT_PASSWORD, METER_PASSWORD } = process.env
  if (MQTT_URL !== undefined && MQTT_URL !== '') {
    const logIn = { ...(MQTT_USERNAME && { MQTT_USERNAME }), ...(MQTT_PASSWORD && { MQTT_PASSWORD }) }
    return { url: MQTT_URL, gatewayEnv: { MQTT_URL, ...logIn }, meterPassword: METER_PASSWORD, close: async () => {} }
  }
  const port = await freePort()
  const meterPassword = randomBytes(9).toString('base64url')
  const logIn = { MQTT_USERNAME: 'diya-gateway', MQTT_PASSWORD: randomBytes(9).toString('base64url') }
  const file = path.join(fileURLToPath(new URL('../../..', import.meta.url)), 'dev', 'stack', 'broker.mjs')
  const program = { command: process.execPath, args: [file] }
  const broker = await startNode(program, { BROKER_PORT: String(port), METER_PASSWORD: meterPassword, ...logIn })
  const url = `mqtt://127.0.0.1:${port}`
  return { url, gatewayEnv: { MQTT_URL: url, ...logIn }, meterPassword, close: broker.stop }
}
