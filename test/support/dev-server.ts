import { TestWorkflowEnvironment } from '@temporalio/testing'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { prepareTemporal } from '../../deploy/prepare-temporal.mjs'
import { guard } from '../../dev/stack/guardian.mjs'
import { freePort } from '../../dev/stack/ports.mjs'
import { createProgress } from '../../dev/stack/progress.mjs'
import { resolveTemporalCli } from '../../dev/stack/temporal-cli.mjs'
import { temporalServerArgs, untilTemporalAnswers } from '../../dev/stack/temporal-server.mjs'

/** A real Temporal server in real time, with Schedules and lists, kept in a file: it can die and come back. */
export type DevServer = {
  readonly address: string
  readonly namespace: string
  /** As a power cut: no goodbye. */
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Starts the CLI's server on a free port. With TEMPORAL_ADDRESS set that server is used, and `kill` and `start` do nothing, nor does
 * `longHistory`: from so many events on a run is told to continue as new.
 */
export async function devServer({ longHistory }: { longHistory?: number } = {}): Promise<DevServer> {
  const namespace = process.env.TEMPORAL_NAMESPACE ?? 'default'
  if (process.env.TEMPORAL_ADDRESS) {
    const address = process.env.TEMPORAL_ADDRESS
    await prepareTemporal({ address, namespace, retentionDays: 90 })
    return { address, namespace, kill: async () => {}, start: async () => {}, close: async () => {} }
  }
  const cli = await resolveTemporalCli(createProgress())
  const dir = mkdtempSync(path.join(tmpdir(), 'diya-temporal-'))
  const port = await freePort()
  const address = `127.0.0.1:${port}`
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    child = spawn(
      cli.file,
      temporalServerArgs({ port, dbFile: path.join(dir, 'temporal.db'), ...(longHistory !== undefined && { longHistory }) }),
      {
        stdio: 'ignore',
        detached: true,
      },
    )
    guard(child)
    await untilTemporalAnswers(address, { namespace })
    await prepareTemporal({ address, namespace, retentionDays: 90 })
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  const close = async (): Promise<void> => {
    await end('SIGTERM')
    rmSync(dir, { recursive: true, force: true })
  }
  await start()
  return { address, namespace, kill: () => end('SIGKILL'), start, close }
}

/** The SDK's environment on that server: `env.client`, `env.nativeConnection` for workers. Tear it down before the server. */
export async function connectTo(server: DevServer): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createFromExistingServer({ address: server.address, namespace: server.namespace })
}
