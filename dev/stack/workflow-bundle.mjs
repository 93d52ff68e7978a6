// The workflow code as one script, made once per state of the sources: later test files and runs load it from the disk.
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { checkoutDir, shortHash } from './cache.mjs'

const bundleDir = path.join(checkoutDir, '.cache', 'workflow-bundles')
const keptBundles = 10

/**
 * @param {string} workflowsPath  the file that exports the workflows
 * @param {string[]} [interceptors]  files whose `interceptors` go around every workflow
 * @returns {Promise<{ codePath: string }>}  what `Worker.create({ workflowBundle })` takes
 */
export async function workflowBundle(workflowsPath, interceptors = []) {
  const codePath = path.join(bundleDir, `${shortHash(fingerprint(workflowsPath, interceptors))}.js`)
  if (!existsSync(codePath)) {
    const sources = { workflowsPath, workflowInterceptorModules: interceptors }
    const { code } = await bundleWorkflowCode({ ...sources, logger: new DefaultLogger('WARN') })
    mkdirSync(bundleDir, { recursive: true })
    writeFileSync(`${codePath}.${process.pid}`, code)
    renameSync(`${codePath}.${process.pid}`, codePath)
    forgetOldBundles()
  }
  return { codePath }
}

/**
 * Everything that can end up in the bundle: workflow code imports only itself, `domain/` and packages (lint sees to it).
 * @param {string} workflowsPath
 * @param {string[]} interceptors
 */
function fingerprint(workflowsPath, interceptors) {
  const folders = new Set([path.join(checkoutDir, 'workflows'), path.join(checkoutDir, 'domain'), path.dirname(workflowsPath)])
  const files = [...folders].flatMap(sourcesIn).sort()
  files.push(...interceptors)
  return [
    workflowsPath,
    readFileSync(path.join(checkoutDir, 'package-lock.json'), 'utf8'),
    ...files.map((file) => file + readFileSync(file, 'utf8')),
  ].join('\n')
}

/** @param {string} folder */
function sourcesIn(folder) {
  const names = readdirSync(folder, { recursive: true }).map(String)
  return names.filter((name) => /\.(ts|js|mjs)$/.test(name) && !name.endsWith('.test.ts')).map((name) => path.join(folder, name))
}

function forgetOldBundles() {
  const bundles = readdirSync(bundleDir).map((name) => path.join(bundleDir, name))
  const newestFirst = bundles.sort((left, right) => statSync(right).mtimeMs - statSync(left).mtimeMs)
  for (const file of newestFirst.slice(keptBundles)) rmSync(file, { force: true })
}
