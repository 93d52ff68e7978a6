import { Type, type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

// The payloads of the meter contract, version 1. Names on the wire are snake_case with the unit last; energy is cumulative
// integer Wh. Readers ignore fields they do not know; writers never change a meaning.
// `ts` and `valid_until` are the meter's own clock (business time in a sandbox); `issued_at` and `expires_at` are wall time,
// because a command's expiry is a technical deadline.

export const LARGEST_PAYLOAD_BYTES = 256 * 1024
const LARGEST_COUNTER = 2_147_483_647

const Version = Type.Literal(1)
const Counter = Type.Integer({ minimum: 0, maximum: LARGEST_COUNTER })
const EnergyWh = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const PowerW = Type.Integer({ minimum: 0, maximum: 10_000_000 })
// 1970 is a meter whose clock was never set; no year 0 and no leap second, which Postgres and Date would trip over.
const Instant = Type.String({
  format: 'date-time',
  pattern: '^(19[789]\\d|2[01]\\d\\d)-\\d\\d-\\d\\dT\\d\\d:\\d\\d:[0-5]\\d(\\.\\d{1,9})?Z$',
})
const TimeOfDay = Type.String({ pattern: '^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$' })
const UtcOffsetMin = Type.Integer({ minimum: -840, maximum: 840 })
const ShortText = Type.String({ minLength: 1, maxLength: 64 })
const Detail = Type.String({ maxLength: 500 })
const RelayMode = Type.Union([Type.Literal('auto'), Type.Literal('open')])
const Relay = Type.Union([Type.Literal('closed'), Type.Literal('open'), Type.Literal('armed')])
const OpenReason = Type.Union([Type.Literal('hold'), Type.Literal('hours'), Type.Literal('expired'), Type.Literal('overload')])

const ReasonCode = Type.Union([
  Type.Literal('UNSUPPORTED'),
  Type.Literal('INVALID_ARGUMENT'),
  Type.Literal('EXPIRED'),
  Type.Literal('STALE_VERSION'),
  Type.Literal('BUSY'),
  Type.Literal('HARDWARE_FAULT'),
  Type.Literal('CLOCK_UNSET'),
])

/** `status`, retained; the last will is the same with `online: false` and no `ts`. */
export const StatusMessage = Type.Object({
  v: Version,
  online: Type.Boolean(),
  boot_id: Counter,
  fw: Type.Optional(ShortText),
  ts: Type.Optional(Instant),
})

export const Reading = Type.Object({
  seq: Counter,
  ts: Instant,
  kind: Type.Union([Type.Literal('periodic'), Type.Literal('billing'), Type.Literal('on_demand'), Type.Literal('boot')]),
  energy_import_wh: EnergyWh,
  energy_export_wh: Type.Optional(EnergyWh),
  power_w: Type.Optional(PowerW),
  max_demand_w: Type.Optional(PowerW),
  voltage_v: Type.Optional(Type.Number({ minimum: 0, maximum: 1_000 })),
  current_a: Type.Optional(Type.Number({ minimum: 0, maximum: 10_000 })),
  power_factor: Type.Optional(Type.Number({ minimum: -1, maximum: 1 })),
  frequency_hz: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
  relay: Type.Optional(Relay),
  quality: Type.Optional(Type.Array(ShortText, { maxItems: 8 })),
})

/** `telemetry`: readings of one boot, keyed (meter, boot_id, seq); a batch may be sent again, whole or in part. */
export const TelemetryMessage = Type.Object({
  v: Version,
  boot_id: Counter,
  readings: Type.Array(Reading, { minItems: 1, maxItems: 1_000 }),
})

export const EventMessage = Type.Object({
  v: Version,
  boot_id: Counter,
  seq: Counter,
  ts: Instant,
  name: Type.Union([
    Type.Literal('power_on'),
    Type.Literal('power_off'),
    Type.Literal('tamper'),
    Type.Literal('overload_trip'),
    Type.Literal('limit_reached'),
    Type.Literal('clock_set'),
  ]),
  detail: Type.Optional(Detail),
})

/**
 * `state`, retained: the read-back. `applied_version` with the values in force; `relay` is the contact itself at `ts`
 * (`armed` = will close by itself when the hours begin). Hour switches alone are not reported.
 * `refused` is the newest version the meter will never apply.
 */
export const StateMessage = Type.Object({
  v: Version,
  boot_id: Counter,
  applied_version: Counter,
  relay: Relay,
  relay_mode: RelayMode,
  open_reason: Type.Optional(OpenReason),
  load_limit_w: PowerW,
  active_from: TimeOfDay,
  active_to: TimeOfDay,
  utc_offset_min: UtcOffsetMin,
  valid_until: Type.Optional(Instant),
  refused: Type.Optional(Type.Object({ version: Counter, code: ReasonCode, detail: Type.Optional(Detail) })),
  energy_import_wh: Type.Optional(EnergyWh),
  ts: Instant,
})

const commandHead = { v: Version, command_id: ShortText, issued_at: Instant, expires_at: Instant }

/** One absolute command for limit, hours and relay together: a lost or repeated one can leave nothing half set. */
export const SetDesiredCommand = Type.Object({
  ...commandHead,
  name: Type.Literal('set_desired'),
  desired_version: Type.Integer({ minimum: 1, maximum: LARGEST_COUNTER }),
  args: Type.Object({
    load_limit_w: PowerW,
    active_from: TimeOfDay,
    active_to: TimeOfDay,
    utc_offset_min: UtcOffsetMin,
    relay: RelayMode,
    valid_until: Type.Optional(Instant),
  }),
})

export const ReadNowCommand = Type.Object({ ...commandHead, name: Type.Literal('read_now') })

export const CommandMessage = Type.Union([SetDesiredCommand, ReadNowCommand])

/** `ack`: a claim about one command, sent again word for word when the command is repeated. Only `state` proves. */
export const AckMessage = Type.Object({
  v: Version,
  command_id: ShortText,
  status: Type.Union([Type.Literal('IN_PROGRESS'), Type.Literal('SUCCEEDED'), Type.Literal('FAILED'), Type.Literal('REJECTED')]),
  reason: Type.Optional(Type.Object({ code: ReasonCode, detail: Type.Optional(Detail) })),
  applied_version: Counter,
  ts: Instant,
})

export type StatusMessage = Static<typeof StatusMessage>
export type Reading = Static<typeof Reading>
export type TelemetryMessage = Static<typeof TelemetryMessage>
export type EventMessage = Static<typeof EventMessage>
export type StateMessage = Static<typeof StateMessage>
export type SetDesiredCommand = Static<typeof SetDesiredCommand>
export type ReadNowCommand = Static<typeof ReadNowCommand>
export type CommandMessage = Static<typeof CommandMessage>
export type AckMessage = Static<typeof AckMessage>
export type ReasonCode = Static<typeof ReasonCode>
export type OpenReason = Static<typeof OpenReason>

/** Why a payload could not be read. `detail` names the first wrong field and never repeats the payload. */
export interface MessageProblem {
  readonly code: 'TOO_BIG' | 'NOT_JSON' | 'BAD_TEXT' | 'WRONG_SHAPE'
  readonly detail: string
}
export type Decoded<T> = { readonly ok: true; readonly message: T } | { readonly ok: false; readonly problem: MessageProblem }

/** Each decoder validates one payload and never throws: what cannot be read comes back as a problem. */
export const decodeStatus = decoderFor(StatusMessage)
export const decodeTelemetry = decoderFor(TelemetryMessage)
export const decodeEvent = decoderFor(EventMessage)
export const decodeState = decoderFor(StateMessage)
export const decodeCommand = decoderFor(CommandMessage)
export const decodeAck = decoderFor(AckMessage)

/** The bytes of a message we send. */
export function encodeMessage(
  message: StatusMessage | TelemetryMessage | EventMessage | StateMessage | CommandMessage | AckMessage,
): Buffer {
  return Buffer.from(JSON.stringify(message))
}

function decoderFor<T extends TSchema>(schema: T): (payload: Buffer) => Decoded<Static<T>> {
  const validator = Compile(schema)
  return (payload) => {
    if (payload.length > LARGEST_PAYLOAD_BYTES) return problem('TOO_BIG', `${payload.length} bytes`)
    const parsed = parseJson(payload.toString('utf8'))
    if (!parsed.ok) return parsed
    if (validator.Check(parsed.message)) return { ok: true, message: parsed.message }
    const [first] = validator.Errors(parsed.message)
    return problem('WRONG_SHAPE', `${first?.instancePath ?? ''} ${first?.message ?? 'does not fit'}`.trim())
  }
}

function parseJson(text: string): Decoded<unknown> {
  try {
    const message: unknown = JSON.parse(text)
    // Postgres' jsonb takes neither NUL nor half a surrogate pair; such a message would fail at every attempt to store it.
    if (text.includes('\\u') && /\\u0000|\\ud[89a-f]/.test(JSON.stringify(message))) {
      return problem('BAD_TEXT', 'NUL or half a surrogate pair')
    }
    return { ok: true, message }
  } catch {
    return problem('NOT_JSON', 'not JSON')
  }
}

function problem(code: MessageProblem['code'], detail: string): { readonly ok: false; readonly problem: MessageProblem } {
  return { ok: false, problem: { code, detail } }
}
