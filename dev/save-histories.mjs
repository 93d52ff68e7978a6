// `npm run save-histories`: lives through a story of every workflow and keeps their histories in test/histories/, for the replay
// tests. Until the first release they are made anew; afterwards, histories are only added (CONTRIBUTING.md).
import { checkNode, ensureDependencies } from './stack/install.mjs'
import { createProgress } from './stack/progress.mjs'
import { SetUpError } from './stack/run.mjs'
import { timeSkippingServer } from './stack/test-server.mjs'
import { inTurn } from './stack/turn.mjs'

try {
  checkNode()
  const progress = createProgress()
  await inTurn(progress, () => ensureDependencies(progress))
  const { report, runCheck } = await import('./stack/checks.mjs')
  timeSkippingServer()
  const stories = { name: 'histories', bin: 'jest/bin/jest.js', args: ['--selectProjects', 'histories'], jest: true }
  report([await runCheck(stories, { show: true })])
} catch (error) {
  console.error(error instanceof SetUpError ? error.message : error)
  process.exitCode = 1
}
