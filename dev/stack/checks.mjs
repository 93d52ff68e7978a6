// The checks that `npm run check` and `npm test` are made of. Each is one program; a check fails when its program does.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { checkoutDir } from './cache.mjs'

/**
 * @typedef {{ name: string, passed: number, failed: number, output: string, seconds: number }} Outcome
 * @typedef {{ name: string, bin: string, args: string[], jest?: boolean }} Check
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
    args: ['--selectProjects', 'integration', '--runInBand'],
    jest: true,
  },
  journey: { name: 'journey', bin: 'jest/bin/jest.js', args: ['--selectProjects', 'journey', '--runInBand'], jest: true },
}

/**
 * Runs one check. Jest counts its tests, any other check counts as one.
 * @param {Check} check
 * @param {{ show: boolean }} options  show: print while it runs, else keep the output for later
 * @returns {Promise<Outcome>}
 */
export async function runCheck(check, { show }) {
  const startedAt = Date.now()
  const dir = mkdtempSync(path.join(tmpdir(), 'diya-check-'))
  const report = path.join(dir, 'report.json')
  const args = check.jest ? [...check.args, '--passWithNoTests', '--json', '--outputFile', report] : check.args
  const { code, output } = await runNode(path.join(checkoutDir, 'node_modules', check.bin), args, show)
  const counted = check.jest ? readReport(report) : { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 }
  rmSync(dir, { recursive: true, force: true })
  // A test runner that dies without a word about any test has failed.
  const failed = code !== 0 && counted.failed === 0 ? 1 : counted.failed
  return { name: check.name, passed: counted.passed, failed, output, seconds: (Date.now() - startedAt) / 1000 }
}

/**
 * Prints one line for each and the sum as the last line; the process will end badly if anything failed.
 * @param {Outcome[]} outcomes
 */
export function report(outcomes) {
  console.log('')
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

/** @param {string} file */
function readReport(file) {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(file, 'utf8'))
    return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites }
  } catch {
    return { passed: 0, failed: 1 }
  }
}
