import type { Language } from './language.ts'
import { smsSegments } from './sms.ts'

export type NoticeChannel = 'sms' | 'print' | 'app' | 'staff'

export interface OutgoingNotice {
  /** The outbox row. A retry carries the same id, so a provider that supports it can drop the repetition. */
  readonly id: string
  readonly channel: NoticeChannel
  /** A phone in E.164, a staff login, or the id of the account whose app or folder receives it. Never logged. */
  readonly to: string
  readonly body: string
  readonly language: Language
}

/**
 * What became of a sending. `accepted`: the provider has it, a delivery report follows (print: an agent hands it over and
 * records that). `delivered`: it reached the receiver, which is what starts the waiting time of a disconnection notice.
 * `refused`: it can never be sent there; another channel is needed. Anything else throws, and is tried again.
 */
export type SendResult =
  | { readonly status: 'accepted' | 'delivered'; readonly providerReference: string }
  | { readonly status: 'refused'; readonly reason: 'bad-address' | 'blocked' | 'not-supported' }

/** A way to reach people. One provider, one file; the relay chooses and retries. */
export interface Sender {
  readonly name: string
  readonly send: (notice: OutgoingNotice) => Promise<SendResult>
}

/**
 * A sender for machines without a provider: every notice counts as delivered, print excepted, which somebody must carry.
 * Writes one JSON line with ids and lengths. The text and the address are personal, so they are neither written nor kept.
 */
export function consoleSender(write: (line: string) => void): Sender {
  return {
    name: 'console',
    send: async ({ id, channel, language, body }) => {
      const segments = channel === 'sms' ? smsSegments(body) : undefined
      write(JSON.stringify({ sender: 'console', id, channel, language, characters: [...body].length, ...segments }))
      return { status: channel === 'print' ? 'accepted' : 'delivered', providerReference: `console-${id}` }
    },
  }
}
