// `npm test`: everything, one after the other. `npm test -- unit integration` runs only what it names. The last line is the sum.
import { build, checkNode, ensureDependencies } from './stack/install.mjs'
import { createProgress } from './stack/progress.mjs'
import { SetUpError } from './stack/run.mjs'
import { resolveTemporalCli } from './stack/temporal-cli.mjs'
import { timeSkippingServer } from './stack/test-server.mjs'
import { inTurn } from './stack/turn.mjs'

const all = ['types', 'lint', 'format', 'unit', 'integration', 'journey']
const needServers = ['integration', 'journey']

try {
  checkNode()
  const progress = createProgress()
  await inTurn(progress, () => ensureDependencies(progress))
  const { checks, report, runCheck } = await import('./stack/checks.mjs')
  const names = process.argv.length > 2 ? process.argv.slice(2) : all
  const unknown = names.filter((name) => !all.includes(name))
  if (unknown.length > 0) throw new SetUpError(`There is no check called ${unknown.join(', ')}; there are ${all.join(', ')}`)
  const outcomes = []
  let ready = false
  for (const name of names) {
    if (!ready && needServers.includes(name)) await prepareServers(progress)
    ready ||= needServers.includes(name)
    progress.say(`Running ${name}`)
    const check = checks[name]
    if (check) outcomes.push(await runCheck(check, { show: true }))
  }
  report(outcomes)
} catch (error) {
  console.error(error instanceof SetUpError ? error.message : error)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
}

/**
 * What takes longer than a test may: compiling the processes, which tests start as production does, and getting Temporal's servers.
 * @param {import('./stack/progress.mjs').Progress} progress
 */
async function prepareServers(progress) {
  await inTurn(progress, () => build(progress))
  const cli = process.env.TEMPORAL_ADDRESS ? undefined : await resolveTemporalCli(progress)
  progress.say(`Temporal: ${cli?.source ?? 'the one of TEMPORAL_ADDRESS'}`)
  await progress.during('Looking for the time-skipping server', async () => timeSkippingServer())
}
