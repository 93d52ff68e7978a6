import type { IncomingMessage } from '../../meters/incoming.ts'

/** Months of buffered readings are fewer messages: one meter that has so many in one batch is out of order. */
const FLOOD_MESSAGES = 100
const TELL_EVERY_MS = 60_000

/** Tells, once a minute, of meters that send far too much; what they send is stored like all else. `now`: wall time in ms. */
export function createFloodWatch(
  now: () => number,
  log: { warn(fields: object, text: string): void },
): (messages: readonly IncomingMessage[]) => void {
  let told = new Set<string>()
  let toldSinceMs = now()
  return (messages) => {
    if (messages.length < FLOOD_MESSAGES) return
    if (now() - toldSinceMs >= TELL_EVERY_MS) {
      told = new Set()
      toldSinceMs = now()
    }
    for (const [topic, count] of countByTopic(messages)) {
      if (count < FLOOD_MESSAGES || told.has(topic)) continue
      told.add(topic)
      log.warn({ topic, messages: count }, 'one meter floods the gateway')
    }
  }
}

function countByTopic(messages: readonly IncomingMessage[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { topic } of messages) counts.set(topic, (counts.get(topic) ?? 0) + 1)
  return counts
}
