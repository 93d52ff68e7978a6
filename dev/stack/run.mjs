// Running other programs to their end.
import { spawn, spawnSync } from 'node:child_process'
import { guard } from './guardian.mjs'

/** A refusal that a person can do something about: shown as one line, without a stack. */
export class SetUpError extends Error {}

/**
 * Runs a program and returns its exit code and output; with `onLine` each line is also handed on while it runs.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, runAs?: { uid: number, gid: number }, onLine?: (line: string) => void, timeoutMs?: number }} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, { cwd, env, runAs, onLine, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      ...runAs,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      timeout: timeoutMs,
    })
    guard(child)
    let output = ''
    let rest = ''
    /** @param {Buffer} chunk */
    const hear = (chunk) => {
      output += chunk
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine?.(line)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', (error) => resolve({ code: 127, output: error.message }))
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/**
 * Whether a program starts and ends well, and what it printed.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function answerOf(command, args, env) {
  const result = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 20_000 })
  return result.status === 0 ? `${result.stdout}${result.stderr}`.trim() : undefined
}
