// Runs before every script that starts compiled code (the pre… scripts of package.json): on a fresh checkout, or after a change,
// installs and compiles first; otherwise it is over at once.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { checkoutDir } from './stack/cache.mjs'
import { build, checkNode, ensureDependencies } from './stack/install.mjs'
import { createProgress } from './stack/progress.mjs'
import { SetUpError } from './stack/run.mjs'
import { inTurn } from './stack/turn.mjs'

// What is compiled, and what says how.
const { include } = JSON.parse(readFileSync(path.join(checkoutDir, 'tsconfig.build.json'), 'utf8'))
/** @type {string[]} */
const sources = [...include, 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']
/** The last thing that a build writes. */
const built = 'dist/workflow-bundle.js'

try {
  checkNode()
  const progress = createProgress()
  await inTurn(progress, async () => {
    await ensureDependencies(progress)
    if (changedAt(built) < Math.max(...sources.flatMap(filesOf).map(changedAt))) await build(progress)
  })
} catch (error) {
  console.error(error instanceof SetUpError ? error.message : error)
  process.exitCode = 1
}

/** @param {string} place */
function filesOf(place) {
  const entry = statSync(path.join(checkoutDir, place), { throwIfNoEntry: false })
  if (!entry?.isDirectory()) return [place]
  const names = readdirSync(path.join(checkoutDir, place), { recursive: true }).map(String)
  return names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).map((name) => path.join(place, name))
}

/**
 * When the file was written, in ms; 0 when there is none.
 * @param {string} file
 */
function changedAt(file) {
  return statSync(path.join(checkoutDir, file), { throwIfNoEntry: false })?.mtimeMs ?? 0
}
