// The checks that `npm run check` and `npm test` are made of. Each is one program; a check fails when its program does.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { checkoutDir } from './cache.mjs'
import { readReport } from './jest-report.mjs'

/**
 * @typedef {import('./jest-report.mjs').Count} Count
 * @typedef {{ name: string, passed: number, failed: number, output: string, seconds: number, notes: string[] }} Outcome
 * @typedef {{ name: string, bin: string, args: string[], jest?: boolean, sideBySide?: number, twice?: boolean }} Check
 */

const eslintCache = ['--cache', '--cache-strategy', 'content', '--cache-location', '.cache/eslint']

/** @type {Record<string, Check>} */
export const checks = {
  types: { name: 'types', bin: 'typescript/lib/tsc.js', args: ['-p', 'tsconfig.json', '--pretty', 'false'] },
  lint: { name: 'lint', bin: 'eslint/bin/eslint.js', args: ['.', '--max-warnings', '0'] },
  // What lint remembers of unchanged files may be stale where a type changed elsewhere; the full run of `npm test` finds that.
  quickLint: { name: 'lint', bin: 'eslint/bin/eslint.js', args: ['.', '--max-warnings', '0', ...eslintCache] },
  format: { name: 'format', bin: 'prettier/bin/prettier.cjs', args: ['--check', '--log-level', 'warn', '.'] },
  unit: { name: 'unit', bin: 'jest/bin/jest.js', args: ['--selectProjects', 'unit'], jest: true },
  integration: {
    name: 'integration',
    bin: 'jest/bin/jest.js',
    args: ['--selectProjects', 'integration'],
    jest: true,
    // Two files at a time: most of one is waiting for its servers, and each has its own.
    sideBySide: 2,
    twice: true,
  },
  journey: {
    name: 'journey',
    bin: 'jest/bin/jest.js',
    args: ['--selectProjects', 'journey', '--runInBand'],
    jest: true,
    twice: true,
  },
}

/**
 * Runs one check. Jest counts its tests, any other check counts as one. Tests that live on servers of their own get a second go,
 * a file at a time: on a busy machine a server may miss its moment to start. Both goes are shown; what fails twice has failed.
 * @param {Check} check
 * @param {{ show: boolean }} options  show: print while it runs, else keep the output for later
 * @returns {Promise<Outcome>}
 */
export async function runCheck(check, { show }) {
  const startedAt = Date.now()
  const first = await runOnce(check, { show, files: [] })
  const { failedFiles } = first.count
  let { passed, failed } = first.count
  let goneWrong = first.count.failures.map((failure) => `failed: ${failure}`)
  if (check.twice && failedFiles.length > 0) {
    console.log(`Once more, what failed: ${failedFiles.map((file) => path.relative(checkoutDir, file)).join(', ')}`)
    const second = await runOnce(check, { show, files: failedFiles })
    passed = first.count.passedBeside + second.count.passed
    failed = second.count.failed
    goneWrong = [
      ...first.count.failures.map((failure) => `failed at first: ${failure}`),
      ...second.count.failures.map((failure) => `failed twice: ${failure}`),
    ]
  }
  const notes = [...goneWrong, ...(check.twice ? [`longest: ${first.count.longest.join(', ')}`] : [])]
  return { name: check.name, passed, failed, output: first.output, seconds: (Date.now() - startedAt) / 1000, notes }
}

/**
 * @param {Check} check
 * @param {{ show: boolean, files: string[] }} options
 * @returns {Promise<{ count: Count, output: string }>}
 */
async function runOnce(check, { show, files }) {
  const dir = mkdtempSync(path.join(tmpdir(), 'diya-check-'))
  const report = path.join(dir, 'report.json')
  const pace = check.sideBySide && (files.length > 0 ? ['--runInBand'] : [`--maxWorkers=${check.sideBySide}`])
  const reporting = check.jest ? ['--passWithNoTests', '--json', '--outputFile', report] : []
  const chosen = files.length > 0 ? ['--runTestsByPath', ...files] : []
  const script = path.join(checkoutDir, 'node_modules', check.bin)
  const { code, output } = await runNode(script, [...chosen, ...check.args, ...(pace || []), ...reporting], show)
  const [passed, failed] = code === 0 ? [1, 0] : [0, 1]
  const one = { passed, failed, failedFiles: [], passedBeside: 0, failures: [], longest: [] }
  const count = check.jest ? readReport(report) : one
  rmSync(dir, { recursive: true, force: true })
  // A test runner that dies without a word about any test has failed.
  return { count: { ...count, failed: code !== 0 && count.failed === 0 ? 1 : count.failed }, output }
}

/**
 * Prints what went wrong and what took long, one line for each check, and the sum as the last line; the process will end badly if anything failed.
 * @param {Outcome[]} outcomes
 */
export function report(outcomes) {
  console.log('')
  for (const { name, notes } of outcomes) for (const note of notes) console.log(`     ${name}: ${note}`)
  for (const { name, passed, failed, seconds } of outcomes) {
    console.log(
      `${failed === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(12)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${seconds.toFixed(1).padStart(7)} s`,
    )
  }
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0)
  console.log(`${outcomes.reduce((sum, outcome) => sum + outcome.passed, 0)} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

/**
 * @param {string} script
 * @param {string[]} args
 * @param {boolean} show
 * @returns {Promise<{ code: number, output: string }>}
 */
function runNode(script, args, show) {
  // Jest runs ES modules through an interface of Node that still calls itself experimental.
  const nodeOptions = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`
  const env = { ...process.env, NODE_OPTIONS: nodeOptions }
  return new Promise((resolve) => {
    // Jest's JSON goes to a file, but it also prints it on stdout; people read what it says on stderr.
    const child = spawn(process.execPath, [script, ...args], { cwd: checkoutDir, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const isJest = script.includes('jest')
    child.stdout.on('data', (chunk) => {
      if (isJest) return
      output += chunk
      if (show) process.stdout.write(chunk)
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
      if (show) process.stdout.write(chunk)
    })
    child.once('error', (error) => resolve({ code: 127, output: error.message }))
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
