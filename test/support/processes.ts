import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { guard } from '../../dev/stack/guardian.mjs'
import { nodeCommand } from '../../dev/stack/services.mjs'

/** One of our processes, started as in production: compiled code, its environment, nothing else. */
export interface OwnProcess {
  readonly pid: number
  /** Asks it to stop, as a deployment does, and waits until it has. */
  stop(): Promise<void>
  /** Ends it without a word, as a power cut does. */
  kill(): Promise<void>
  readonly log: () => string
}

const READY_WITHIN_MS = 60_000

/** Starts compiled code (`workers/relay`, `api/server`) and waits until it says that it is ready. `npm run build` makes the code. */
export async function startOwn(script: string, env: Readonly<Record<string, string>>): Promise<OwnProcess> {
  return startNode(nodeCommand(script), env)
}

/** The same for any program of Node's that says `ready`. */
export async function startNode(
  program: { readonly command: string; readonly args: readonly string[]; readonly cwd?: string },
  env: Readonly<Record<string, string>>,
): Promise<OwnProcess> {
  const dir = mkdtempSync(path.join(tmpdir(), 'diya-process-'))
  const logFile = path.join(dir, 'log')
  const log = openSync(logFile, 'a')
  const child = spawn(program.command, [...program.args], {
    cwd: program.cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  })
  guard(child)
  closeSync(log)
  const ended = once(child, 'exit')
  const read = (): string => readFileSync(logFile, 'utf8')
  const fate = await Promise.race([
    once(child, 'message').then(() => 'ready'),
    ended.then(() => 'ended'),
    new Promise((resolve) => setTimeout(resolve, READY_WITHIN_MS, 'late').unref()),
  ])
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      await ended
    }
    rmSync(dir, { recursive: true, force: true })
  }
  if (fate !== 'ready') {
    const words = read()
    await end('SIGKILL')
    throw new Error(`${program.args.join(' ')} did not start (${String(fate)}):\n${words}`)
  }
  return { pid: child.pid ?? 0, stop: () => end('SIGTERM'), kill: () => end('SIGKILL'), log: read }
}
