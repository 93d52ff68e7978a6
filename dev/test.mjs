// `npm test`: everything, one after the other. `npm test -- unit integration` runs only what it names. The last line is the sum.
import { build, checkNode, ensureDependencies } from './stack/install.mjs'
import { createProgress } from './stack/progress.mjs'
import { SetUpError } from './stack/run.mjs'

const all = ['types', 'lint', 'format', 'unit', 'integration', 'journey']

try {
  checkNode()
  const progress = createProgress()
  await ensureDependencies(progress)
  const { checks, report, runCheck } = await import('./stack/checks.mjs')
  const names = process.argv.length > 2 ? process.argv.slice(2) : all
  const unknown = names.filter((name) => !all.includes(name))
  if (unknown.length > 0) throw new SetUpError(`There is no check called ${unknown.join(', ')}; there are ${all.join(', ')}`)
  const outcomes = []
  for (const name of names) {
    // Journeys and some integration tests start the processes as they run in production: compiled.
    if (name === 'integration' || (name === 'journey' && !names.includes('integration'))) await build(progress)
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
