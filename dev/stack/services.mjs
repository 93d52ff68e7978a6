// The processes of Diya itself, in the order of their start; they stop in the opposite order.
import path from 'node:path'
import { checkoutDir } from './cache.mjs'

/**
 * @typedef {{ name: string, script: string }} OwnProcess  the script is compiled code, without its folder and ending
 * @type {OwnProcess[]}
 */
export const production = [
  { name: 'Operations worker', script: 'workers/operations' },
  { name: 'Relay', script: 'workers/relay' },
  { name: 'Meter gateway', script: 'workers/meter-gateway' },
  { name: 'API', script: 'api/server' },
]

/** What brings the demo village to life, once it is loaded and its clock runs. */
export const village = [
  { name: 'Village meters', script: 'dev/village/meters' },
  { name: 'Village people', script: 'dev/village/people' },
]

/** @param {string} script */
export function compiled(script) {
  return path.join(checkoutDir, 'dist', `${script}.js`)
}

/**
 * How Node runs a compiled script: traces name the sources.
 * @param {string} script
 * @param {string[]} [args]
 */
export function nodeCommand(script, args = []) {
  return { command: process.execPath, args: ['--enable-source-maps', compiled(script), ...args], cwd: checkoutDir }
}
