// Where big downloads and builds live: outside the checkout, shared by every checkout of one user.
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const checkoutDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/**
 * A folder of the user's cache, made if missing: `${XDG_CACHE_HOME:-$HOME/.cache}/diya/<name>`.
 * @param {...string} names
 * @returns {string}
 */
export function cacheDir(...names) {
  const dir = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'diya', ...names)
  mkdirSync(dir, { recursive: true })
  return dir
}

/**
 * A short stable name for any text: the same checkout gets the same name at every start.
 * @param {string} text
 * @returns {string}
 */
export function shortHash(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
