import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

export interface ListenOptions {
  readonly databaseUrl: string
  readonly channel: string
  /** Called at each notification, and when the connection is there (again): what was notified meanwhile is not repeated. */
  readonly onWake: () => void
  readonly log: { warn(fields: object, text: string): void }
}

export interface Listener {
  /** Resolves when the database was reached for the first time. */
  readonly ready: Promise<void>
  close(): Promise<void>
}

const RECONNECT_AFTER_MS = 1_000

/**
 * Hears NOTIFY on a connection of its own, which it opens again whenever it is lost. Nobody may rely on it alone: whoever
 * listens looks every second or so anyway.
 */
export function listen({ databaseUrl, channel, onWake, log }: ListenOptions): Listener {
  const closing = new AbortController()
  let client: pg.Client | undefined
  let isLossTold = false
  let becomeReady = (): void => undefined
  const ready = new Promise<void>((resolve) => {
    becomeReady = resolve
  })

  const hearOut = async (): Promise<void> => {
    const opened = new pg.Client({ connectionString: databaseUrl, keepAlive: true })
    const lost = new Promise<unknown>((resolve) => {
      opened.on('error', resolve)
      opened.on('end', () => resolve(undefined))
    })
    client = opened
    try {
      await opened.connect()
      opened.on('notification', onWake)
      await opened.query(`listen ${opened.escapeIdentifier(channel)}`)
      isLossTold = false
      becomeReady()
      onWake()
      await lost
    } finally {
      await opened.end().catch(() => undefined)
    }
  }
  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await hearOut().catch((error: unknown) => {
        if (!isLossTold && !closing.signal.aborted)
          log.warn({ channel, err: error }, 'cannot listen; looking every second meanwhile')
        isLossTold = true
      })
      await sleep(RECONNECT_AFTER_MS, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }
  const ended = run()
  return {
    ready,
    close: async () => {
      closing.abort()
      await client?.end().catch(() => undefined)
      await ended
    },
  }
}
