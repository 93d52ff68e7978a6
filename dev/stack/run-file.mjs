// Who runs on a data directory. Two stacks on one would ruin it; and what a killed one left behind must go before the next starts.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { endGroups } from './guardian.mjs'
import { answerOf, SetUpError } from './run.mjs'

/**
 * @typedef {{ pid: number, born: string }} Identity  a process id alone says little: ids are used again
 * @typedef {{ record: (pids: number[]) => void, release: () => void }} Claim
 */

/**
 * Claims the data directory for this process and ends whatever an earlier one left running.
 * @param {string} dataDir
 * @returns {Promise<Claim>}
 */
export async function claim(dataDir) {
  mkdirSync(dataDir, { recursive: true })
  const file = path.join(dataDir, 'running.json')
  const before = readRunFile(file)
  if (before && isAlive(before.self))
    throw new SetUpError(
      `Diya already runs on ${dataDir} (process ${before.self.pid}): stop that one first, or choose another folder with --data`,
    )
  if (before) await endGroups(before.children.filter(isAlive).map(({ pid }) => pid))
  const self = identityOf(process.pid)
  /** @type {Map<number, Identity>} */
  const known = new Map()
  /** @param {number[]} pids */
  const record = (pids) => {
    for (const pid of pids) if (!known.has(pid)) known.set(pid, identityOf(pid))
    for (const pid of known.keys()) if (!pids.includes(pid)) known.delete(pid)
    writeFileSync(file, JSON.stringify({ self, children: [...known.values()] }))
  }
  record([])
  return { record, release: () => rmSync(file, { force: true }) }
}

/**
 * @param {string} file
 * @returns {{ self: Identity, children: Identity[] } | undefined}
 */
function readRunFile(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined // Nobody ran here, or the machine stopped while the file was written: then nothing of it runs either.
  }
}

/** @param {Identity} identity */
export function isAlive({ pid, born }) {
  return born !== '' && identityOf(pid).born === born
}

/**
 * @param {number} pid
 * @returns {Identity}
 */
export function identityOf(pid) {
  return { pid, born: bornAt(pid) }
}

/**
 * When a process began, in words of the system that stay the same for its life; empty when there is none.
 * @param {number} pid
 */
function bornAt(pid) {
  try {
    // Field 22, counted after the command's name, which may hold blanks and brackets. A zombie is as good as gone.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' ? '' : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`
  } catch {
    return process.platform === 'linux' ? '' : (answerOf('ps', ['-o', 'lstart=', '-p', String(pid)]) ?? '')
  }
}
