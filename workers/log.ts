import pino from 'pino'
import type { Logger } from 'pino'

/** A process's log: one JSON line each, ids only. Of an error its message, never the row it failed on. */
export function createLog({ name, level }: { name: string; level: string }): Logger {
  return pino({ name, level, serializers: { err: describeError } })
}

function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack } = error
  return { type: name, message, ...('code' in error && { code: error.code }), stack }
}
