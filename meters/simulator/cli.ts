// `npm run meters -- --help`: a fleet of simulated meters in one process.
import { HELP, askedFleet } from './fleet-arguments.ts'
import { runFleet } from './run-fleet.ts'

const NOTHING_STARTED = 2

async function main(): Promise<number> {
  try {
    const asked = askedFleet(process.argv.slice(2))
    if (asked === null) {
      console.log(HELP)
      return 0
    }
    const stop = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
    await runFleet({ asked, tell: console.log, stop: stop.signal })
    return 0
  } catch (error) {
    // A mistake of ours is none of these.
    if (!(error instanceof Error) || (error instanceof TypeError && !('code' in error))) throw error
    console.error(error.message)
    return NOTHING_STARTED
  }
}

process.exitCode = await main()
