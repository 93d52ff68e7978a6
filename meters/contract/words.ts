import { LARGEST_PAYLOAD_BYTES } from '../messages.ts'
import type { ReasonCode } from '../messages.ts'
import { REMEMBERED_COMMANDS, RULES } from './rules.ts'

/** What each reason code means, and what the server does about it. */
export const REASON_CODES: Readonly<Record<ReasonCode, string>> = {
  UNSUPPORTED: 'The meter cannot do this at all. Not sent again.',
  INVALID_ARGUMENT: 'A value is outside what the meter can take. Not sent again.',
  EXPIRED: 'It came after expires_at. Not remembered: the same command with time left is carried out.',
  STALE_VERSION: 'A newer version is in force. Nothing to do.',
  BUSY: 'Not now; sent again later.',
  HARDWARE_FAULT: 'The relay or the register does not answer. Somebody goes there.',
  CLOCK_UNSET: 'Hours or validity cannot be kept without a clock. Sent again later.',
}

const paragraphs = (...texts: readonly string[]): string => texts.join('\n\n')

/** The text of the contract, in Markdown. */
export function contractText(): string {
  return paragraphs(
    'What a smart meter and the operations server of a mini-grid say to each other over MQTT. Version 1.',
    '**Topics.** `mg/v1/{plant}/{serial}/{leaf}`, QoS 1, JSON in UTF-8, at most ' +
      `${LARGEST_PAYLOAD_BYTES / 1024} KiB. The client id of a meter is its serial, and its credential reaches its own branch only. ` +
      '`status` and `state` are retained; `cmd` never is, or it would be obeyed again at every reconnect.',
    '**Versions.** Readers ignore fields they do not know. Writers never change the meaning of a field: a new meaning is a new field. ' +
      'What old readers could not bear is a new root (`mg/v2`).',
    '**Desired and reported.** `set_desired` carries limit, hours, relay and validity together, absolute and versioned; the newest ' +
      'version wins, and the version in force may be applied again. An ack is a claim; only `state` proves. Reasons for a hold stay with the server. ' +
      '`state` is published on connecting and whenever anything in it but the clock and the register changes; a switch by the hours alone need not be.',
    '**Commands are idempotent.** Delivery is at least once. A meter remembers the last ' +
      `${REMEMBERED_COMMANDS} command ids with their acks, over a loss of power too, and answers a repeated id with the same ack, word for ` +
      'word, doing nothing. An expired command is not remembered.',
    '**Readings are kept until taken.** A meter keeps its readings until the broker has acknowledged them, counts on while it is away, and ' +
      'sends what it kept in batches. The receiver keys them by (serial, boot_id, seq).',
    "**Time.** `ts` and `valid_until` are the meter's own clock (a sandbox may run fast); `issued_at` and `expires_at` are wall time.",
    '**MQTT 5 is optional.** All of this works with MQTT 3.1.1. With MQTT 5 the server adds a message expiry (the time left until ' +
      '`expires_at`) and correlation data (the `command_id`) to a command; where a command names a response topic, the meter may send its ack there ' +
      'too, with the same correlation data. The `ack` leaf is used always.',
    ['**Reason codes.**', ...Object.entries(REASON_CODES).map(([code, says]) => `- \`${code}\`: ${says}`)].join('\n'),
    [
      '**Rules that `npm run meter-conformance` examines.**',
      ...Object.values(RULES).map(({ name, says }) => `- *${name}*: ${says}`),
    ].join('\n'),
  )
}
