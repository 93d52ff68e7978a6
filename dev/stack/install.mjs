// From a fresh checkout to compiled code. Only Node's own modules here, and nothing that imports a package: there may be none yet.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { checkoutDir } from './cache.mjs'
import { run, SetUpError } from './run.mjs'

const oldestNode = [20, 19]

export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [needMajor = 0, needMinor = 0] = oldestNode
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return
  throw new SetUpError(
    `Node ${process.versions.node} is too old: install Node ${oldestNode.join('.')} or newer (nodejs.org) and start again`,
  )
}

/**
 * Installs the packages of the lock file when they are missing or others.
 * @param {import('./progress.mjs').Progress} progress
 */
export async function ensureDependencies(progress) {
  if (dependenciesFit()) return
  await progress.during('Installing the packages', async () => {
    // Not `npm ci`, which begins by removing every package: other programs of this checkout may be running on them.
    // --no-save keeps to the lock file and leaves it alone; --include=dev, since NODE_ENV=production would leave out what builds.
    const args = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
    const { code, output } = await run(...npm(args), { cwd: checkoutDir })
    if (code !== 0) throw new SetUpError(`Installing the packages failed, npm says: ${firstError(output)}`)
  })
}

/**
 * Compiles the sources into dist/ and bundles the workflows. What has not changed costs little.
 * @param {import('./progress.mjs').Progress} progress
 */
export async function build(progress) {
  await progress.during('Compiling', async () => {
    const tsc = path.join(checkoutDir, 'node_modules', 'typescript', 'lib', 'tsc.js')
    const { code, output } = await run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--pretty', 'false'], {
      cwd: checkoutDir,
    })
    if (code !== 0) throw new SetUpError(`Compiling failed:\n${output.trim()}`)
    const bundle = await run(process.execPath, [path.join(checkoutDir, 'dev', 'stack', 'build-bundle.mjs')], { cwd: checkoutDir })
    if (bundle.code !== 0) throw new SetUpError(`Bundling the workflows failed:\n${bundle.output.trim()}`)
  })
}

/** Every package of the lock file that this platform must have is installed in that version; npm keeps its own list of what it did. */
function dependenciesFit() {
  const installedList = path.join(checkoutDir, 'node_modules', '.package-lock.json')
  if (!existsSync(installedList)) return false
  const installed = packagesOf(installedList)
  return Object.entries(packagesOf(path.join(checkoutDir, 'package-lock.json'))).every(
    ([place, wanted]) => place === '' || wanted.optional || wanted.devOptional || installed[place]?.version === wanted.version,
  )
}

/**
 * @param {string} file
 * @returns {Record<string, { version: string, optional?: boolean, devOptional?: boolean }>}
 */
function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {}
}

/**
 * The npm that runs us, else the one on PATH.
 * @param {string[]} args
 * @returns {[string, string[]]}
 */
export function npm(args) {
  const own = process.env.npm_execpath
  return own && /npm-cli\.c?js$/.test(own) ? [process.execPath, [own, ...args]] : ['npm', args]
}

/** @param {string} output */
function firstError(output) {
  const lines = output.split('\n').filter((line) => line.trim())
  return (lines.find((line) => /npm (error|ERR!) (?!code)/.test(line)) ?? lines[0] ?? 'npm is not on PATH').replace(
    /^npm (error|ERR!)\s*/,
    '',
  )
}
