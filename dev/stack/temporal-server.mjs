// The Temporal server with its UI, as the CLI carries it, for development, the demo and tests.
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * @param {{ port: number, uiPort?: number, dbFile?: string, longHistory?: number }} options  without a file all is forgotten at the stop; without a UI port there is no UI; `longHistory`: from so many events on a run is told to continue as new (4096 otherwise)
 * @returns {string[]} arguments for the CLI
 */
export function temporalServerArgs({ port, uiPort, dbFile, longHistory }) {
  // Twice as fast as the default journal, and still safe when the program is killed.
  const persistence = dbFile
    ? ['--db-filename', dbFile, '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL']
    : []
  const ui = uiPort ? ['--ui-port', String(uiPort)] : ['--headless']
  // Without it a search attribute added by API is unknown to the server for up to a minute.
  const dynamicConfig = ['--dynamic-config-value', 'system.forceSearchAttributesCacheRefreshOnRead=true']
  if (longHistory) dynamicConfig.push('--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${longHistory}`)
  return [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--log-level',
    'warn',
    ...ui,
    ...persistence,
    ...dynamicConfig,
  ]
}

/**
 * Waits until the server at `address` takes requests for `namespace`.
 * @param {string} address
 * @param {{ namespace?: string, timeoutMs?: number }} [options]
 */
export async function untilTemporalAnswers(address, { namespace = 'default', timeoutMs = 60_000 } = {}) {
  const { Connection } = await import('@temporalio/client')
  const deadline = Date.now() + timeoutMs
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 2_000 })
      await connection.workflowService.describeNamespace({ namespace }).finally(() => connection.close())
      return
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`Temporal at ${address} does not answer: ${error instanceof Error ? error.message : error}`)
      await sleep(200)
    }
  }
}
