// `npm start`: from a fresh checkout to a running village, and back to nothing at Ctrl-C. Plain JavaScript on Node's own
// modules, since it runs before anything is installed.
import util from 'node:util'
import { endGuarded } from './stack/guardian.mjs'
import { checkNode } from './stack/install.mjs'
import { createProgress } from './stack/progress.mjs'
import { SetUpError } from './stack/run.mjs'
import { startStack } from './stack/stack.mjs'

const help = `npm start -- [options]

Starts everything on this machine: Postgres, MQTT broker, Temporal with its UI, the workers, the meter gateway, the API, and the
demo village with its meters and people. Ctrl-C stops all of it; the next start goes on where this one stopped.

  --empty       no village: an empty system with an administrator
  --speed N     how many times faster than real time the village lives (1 is real time; the default makes a month of 3 minutes)
  --data DIR    where the data is kept (default: var/ in the checkout); remove the folder to begin anew
  --json        one line on stdout when ready, for scripts: {"ready":true,"api":…,"temporalUi":…,"adminToken":…,"users":[…]}
                All else is on stderr, but for npm's own two lines before it: npm start --silent -- --json leaves them out
  --help        this text

Environment, to run on real servers in place of the embedded ones:
  DATABASE_URL      PostgreSQL 15 or newer, log-in of the application (MIGRATION_DATABASE_URL: of the owner of the tables)
  MQTT_URL          an MQTT broker (MQTT_USERNAME, MQTT_PASSWORD: of the gateway; METER_PASSWORD: of the simulated meters)
  TEMPORAL_ADDRESS  a Temporal server (TEMPORAL_NAMESPACE; TEMPORAL_UI_URL: for links)
  XDG_CACHE_HOME    where big downloads are kept, once per user (default: ~/.cache)`

const progress = createProgress()

try {
  checkNode()
  const options = readOptions()
  if (options.help) console.log(help)
  else await live(options)
} catch (error) {
  console.error(error instanceof SetUpError ? error.message : error)
  await endGuarded()
  process.exit(1)
}

function readOptions() {
  try {
    const options = { empty: 'boolean', speed: 'string', data: 'string', json: 'boolean', help: 'boolean' }
    const config = Object.fromEntries(
      Object.entries(options).map(([name, type]) => [name, { type: /** @type {'string' | 'boolean'} */ (type) }]),
    )
    const { values } = util.parseArgs({ options: config })
    const speed = values.speed === undefined ? undefined : Number(values.speed)
    if (speed !== undefined && !(speed > 0 && speed <= 100_000))
      throw new Error('--speed expects a number above 0 and up to 100000')
    return {
      empty: values.empty === true,
      json: values.json === true,
      help: values.help === true,
      speed,
      data: /** @type {string | undefined} */ (values.data),
    }
  } catch (error) {
    throw new SetUpError(`${error instanceof Error ? error.message : error} (npm start -- --help tells the options)`)
  }
}

/** @param {ReturnType<typeof readOptions>} options */
async function live(options) {
  const stack = startStack(options, progress)
  // npm passes on the Ctrl-C that the terminal has sent us already: twice within a second counts as once.
  let askedAt = 0
  const asked = () => {
    if (askedAt === 0) {
      askedAt = Date.now()
      void leave()
    } else if (Date.now() - askedAt > 1_000) {
      progress.say('Killing everything')
      stack.kill()
      void endGuarded(0).then(() => process.exit(130))
    }
  }
  const leave = async () => {
    progress.say('Stopping; Ctrl-C again kills what is left')
    await stack.stop()
    await endGuarded(1_000)
    progress.say('Stopped')
    process.exit(0)
  }
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, asked)
  // A kill of npm ends npm and the shell between, and tells us nothing; but then we have another parent.
  const parent = process.ppid
  if (process.env.npm_lifecycle_event) setInterval(() => process.ppid !== parent && askedAt === 0 && asked(), 500).unref()
  try {
    await stack.ready
  } catch (error) {
    if (askedAt > 0) return // The stop broke off the start.
    await stack.stop()
    throw error
  }
}
