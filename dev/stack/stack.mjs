// The whole stack in order: packages, code, servers, migrations, processes, village.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { checkoutDir } from './cache.mjs'
import { startBroker, startDatabase, startTemporal } from './embedded.mjs'
import { build, ensureDependencies } from './install.mjs'
import { rememberedPorts } from './ports.mjs'
import { claim } from './run-file.mjs'
import { run, SetUpError } from './run.mjs'
import { stackSecrets } from './secrets.mjs'
import { compiled, nodeCommand, production, village } from './services.mjs'
import { createSupervisor } from './supervisor.mjs'
import { inTurn } from './turn.mjs'

/** Where a stack that is ready says how it is reached. */
const readyFile = 'ready.json'

const defaultPorts = { postgres: 54320, broker: 1883, temporal: 7233, temporalUi: 8233, api: 3000 }

/**
 * @typedef {{ empty: boolean, json: boolean, speed?: number, data?: string }} Options
 * @param {Options} options
 * @param {import('./progress.mjs').Progress} progress
 * @returns {{ ready: Promise<void>, stop: () => Promise<void>, kill: () => void }}
 */
export function startStack(options, progress) {
  const dataDir = path.resolve(checkoutDir, options.data ?? 'var')
  /** @type {import('./run-file.mjs').Claim | undefined} */
  let claimed
  /** @type {NodeJS.ProcessEnv | undefined} */
  let villageEnv
  const supervisor = createSupervisor({ progress, logDir: path.join(dataDir, 'logs'), onChange: (pids) => claimed?.record(pids) })

  const begin = async () => {
    claimed = await claim(dataDir)
    rmSync(path.join(dataDir, readyFile), { force: true })
    await inTurn(progress, async () => {
      await ensureDependencies(progress)
      await build(progress)
    })
    const ports = await rememberedPorts(path.join(dataDir, 'ports.json'), defaultPorts)
    const place = { dataDir, ports, secrets: stackSecrets(dataDir), supervisor, progress }
    const env = await environment(place)
    await once('Bringing the database up to date', 'workers/migrate', { env, progress })
    // Before anybody lives by it: a clock that was killed stands where it last lived.
    await once('Looking after the clock of the village', 'dev/village/clock', { args: ['mend'], env, progress })
    for (const { name, script } of production) await startOwn({ name, script, env, supervisor, progress })
    await loadVillage({ options, env, progress })
    if (!options.empty) {
      villageEnv = env
      for (const { name, script } of village) await startOwn({ name, script, env, supervisor, progress })
    }
    announce({ options, env, dataDir })
  }

  const stop = async () => {
    // First of all business time stops, so that nothing falls due while the processes leave.
    if (villageEnv)
      await once('Stopping the clock of the village', 'dev/village/clock', {
        args: ['stop'],
        env: villageEnv,
        progress,
        timeoutMs: 30_000,
      }).catch((error) => progress.say(String(error.message)))
    rmSync(path.join(dataDir, readyFile), { force: true })
    await supervisor.stopAll()
    claimed?.release()
  }
  return { ready: begin(), stop, kill: () => supervisor.killAll() }
}

/** @param {import('./embedded.mjs').Place} place */
async function environment(place) {
  const { dataDir, ports, secrets } = place
  const database = await startDatabase(place)
  const broker = await startBroker(place)
  const temporal = await startTemporal(place)
  return {
    ...database,
    ...broker,
    ...temporal,
    API_HOST: process.env.API_HOST ?? '127.0.0.1',
    API_PORT: String(ports.api),
    KYC_KEY: process.env.KYC_KEY ?? secrets.kycKey,
    WEBHOOK_SECRETS: process.env.WEBHOOK_SECRETS ?? `sandbox-wallet=${secrets.webhookSecret}`,
    // The demo's programs talk to the API as everybody does, and leave the log-ins of its people here.
    API_URL: `http://127.0.0.1:${ports.api}`,
    USERS_FILE: path.join(dataDir, 'users.json'),
  }
}

/** @param {{ name: string, script: string, env: NodeJS.ProcessEnv, supervisor: import('./supervisor.mjs').Supervisor, progress: import('./progress.mjs').Progress }} own */
async function startOwn({ name, script, env, supervisor, progress }) {
  progress.say(`Starting ${name}`)
  await supervisor.start({ name, ...nodeCommand(script), env })
}

/** @param {{ options: Options, env: NodeJS.ProcessEnv, progress: import('./progress.mjs').Progress }} what */
async function loadVillage({ options, env, progress }) {
  const speed = options.speed === undefined ? [] : ['--speed', String(options.speed)]
  await once(options.empty ? 'Making the administrator' : 'Loading the village', 'dev/village/load', {
    args: options.empty ? ['--empty'] : [],
    env,
    progress,
  })
  if (!options.empty)
    await once('Starting the clock of the village', 'dev/village/clock', { args: ['start', ...speed], env, progress })
}

/**
 * Runs a compiled script to its end.
 * @param {string} text
 * @param {string} script
 * @param {{ args?: string[], env: NodeJS.ProcessEnv, progress: import('./progress.mjs').Progress, timeoutMs?: number }} options
 */
async function once(text, script, { args = [], env, progress, timeoutMs }) {
  await progress.during(text, async (update) => {
    const { command, args: nodeArgs, cwd } = nodeCommand(script, args)
    const { code, output } = await run(command, nodeArgs, { cwd, env, timeoutMs, onLine: update })
    if (code !== 0)
      throw new SetUpError(
        `${text} failed (${path.relative(checkoutDir, compiled(script))}, code ${code}):\n${output.trim().split('\n').slice(-15).join('\n')}`,
      )
  })
}

/** @param {{ options: Options, env: NodeJS.ProcessEnv, dataDir: string }} what */
function announce({ options, env, dataDir }) {
  const { adminToken = null, users = [] } = readUsers(env.USERS_FILE ?? '')
  const { API_URL: api, TEMPORAL_UI_URL: temporalUi = null, TEMPORAL_ADDRESS: temporalAddress } = env
  // For programs that come later, such as the check of the demo.
  const forPrograms = { api, temporalUi, temporalAddress, temporalNamespace: env.TEMPORAL_NAMESPACE, adminToken }
  writeFileSync(path.join(dataDir, readyFile), `${JSON.stringify(forPrograms)}\n`, { mode: 0o600 })
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ ready: true, api, console: null, temporalUi, temporalAddress, adminToken, users })}\n`,
    )
  const lines = [
    '',
    'Diya is ready.',
    `  API and its documentation  ${api}/docs`,
    `  Temporal UI                ${temporalUi ?? 'not known: set TEMPORAL_UI_URL'}`,
    `  Data and logs              ${dataDir}`,
    ...(users.length > 0 ? ['  Log-ins'] : []),
    ...users.map(
      (user) =>
        `    ${Object.values(user)
          .filter((value) => typeof value === 'string')
          .join('  ')}`,
    ),
    '  Ctrl-C stops everything; the next start goes on from there.',
    '',
  ]
  process.stderr.write(lines.join('\n'))
}

/**
 * @param {string} file
 * @returns {{ adminToken?: string, users?: Record<string, unknown>[] }}
 */
function readUsers(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {} // Written by the village's loader.
  }
}
