// One at a time in a checkout: two commands that install or compile into the same folders at once would ruin each other's work.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkoutDir } from './cache.mjs'
import { identityOf, isAlive } from './run-file.mjs'

const turnFile = path.join(checkoutDir, '.cache', 'set-up.json')

/**
 * Does a piece of set-up when no other process of this checkout does one; one that died in the middle is not waited for.
 * @template T
 * @param {import('./progress.mjs').Progress} progress
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inTurn(progress, work) {
  if (!takeTurn())
    await progress.during('Waiting for another command of this checkout that installs or compiles', async () => {
      while (!takeTurn()) await sleep(200)
    })
  // A Ctrl-C leaves by process.exit.
  process.once('exit', giveTurn)
  try {
    return await work()
  } finally {
    process.off('exit', giveTurn)
    giveTurn()
  }
}

function giveTurn() {
  rmSync(turnFile, { force: true })
}

function takeTurn() {
  mkdirSync(path.dirname(turnFile), { recursive: true })
  try {
    writeFileSync(turnFile, JSON.stringify(identityOf(process.pid)), { flag: 'wx' })
    return true
  } catch {
    const owner = ownerOfTurn()
    // Nothing to read: it is being written, or was given back this moment.
    if (owner !== undefined && !isAlive(owner)) giveTurn()
    return false
  }
}

/** @returns {import('./run-file.mjs').Identity | undefined} */
function ownerOfTurn() {
  try {
    return JSON.parse(readFileSync(turnFile, 'utf8'))
  } catch {
    return undefined
  }
}
