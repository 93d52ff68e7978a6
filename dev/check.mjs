// `npm run check`: types, lint, format and unit tests side by side, in half a minute once its caches are warm. What to run before every commit.
import { checkNode, ensureDependencies } from './stack/install.mjs'
import { createProgress } from './stack/progress.mjs'
import { SetUpError } from './stack/run.mjs'
import { inTurn } from './stack/turn.mjs'

try {
  checkNode()
  const progress = createProgress()
  await inTurn(progress, () => ensureDependencies(progress))
  const { checks, report, runCheck } = await import('./stack/checks.mjs')
  const chosen = [checks.types, checks.quickLint, checks.format, checks.unit].filter((check) => check !== undefined)
  const outcomes = await Promise.all(chosen.map((check) => runCheck(check, { show: false })))
  for (const { failed, output } of outcomes) if (failed > 0) console.log(output.trim())
  report(outcomes)
} catch (error) {
  console.error(error instanceof SetUpError ? error.message : error)
  process.exitCode = 1
}
