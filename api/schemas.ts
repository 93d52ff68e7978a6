import { type Static, type TObject, type TProperties, type TSchema, Type } from '@fastify/type-provider-typebox'

/** An object that refuses what it does not know. Every body, query and path is one. */
export function Closed<T extends TProperties>(
  properties: T,
  options: { minProperties?: number; maxProperties?: number; description?: string } = {},
): TObject<T> {
  return Type.Object(properties, { additionalProperties: false, ...options })
}

/** Nothing but what the schema names: an answer is kept as it was made, and is the same when it is given again. */
export function onlyNamed<T extends TObject>(schema: T, value: Static<T>): Static<T> {
  const named = Object.keys(schema.properties)
  return Object.fromEntries(Object.entries(value).filter(([key]) => named.includes(key))) as Static<T>
}

/** The type, or null. */
export function Nullable<T extends TSchema>(type: T) {
  return Type.Union([type, Type.Null()])
}

/** One of these words. */
export function OneOf<T extends string>(words: readonly T[], description?: string) {
  return Type.Unsafe<T>(Type.String({ enum: [...words], ...(description !== undefined && { description }) }))
}

/** A page of a list; `nextCursor` is null on the last. */
export function Page<T extends TSchema>(item: T) {
  return Type.Object({ items: Type.Array(item), nextCursor: Nullable(Type.String()) })
}

// No control characters, lone surrogates, byte-order marks or marks that turn the direction of writing: they hide what a text says.
const PLAIN = String.raw`[^\p{Cc}\p{Cs}\u200E\u200F\u061C\u202A-\u202E\u2066-\u2069\uFEFF\uFFFE\uFFFF]`

/** A text of one line that says something, e.g. a name. */
export function Line(maxLength: number, description?: string) {
  return Type.String({
    minLength: 1,
    maxLength,
    pattern: `^(?=.*\\S)${PLAIN}*$`,
    ...(description !== undefined && { description }),
  })
}

export const FreeText = Type.String({
  minLength: 1,
  maxLength: 2000,
  pattern: `^(?=[\\s\\S]*\\S)(?:\\n|${PLAIN})*$`,
  description: 'What someone wrote, up to 2,000 characters; kept apart from the process, which carries only its number.',
})

export const Plant = Type.String({ pattern: '^[A-Z]{6}$', description: 'State and plant code.', examples: ['BHKATS'] })
export const CustomerId = Type.String({
  pattern: '^[A-Z]{6}[0-9]{5}$',
  description: 'Plant, pole, connection.',
  examples: ['BHKATS01112'],
})
export const AccountId = Type.String({
  pattern: '^[A-Z]{6}-A[0-9]{4,9}$',
  description: 'The account: its application’s short code.',
  examples: ['BHKATS-A0042'],
})
export const TaskId = Type.String({ pattern: '^[A-Z]{6}-T[0-9]{1,9}$', examples: ['BHKATS-T12'] })
export const RequestId = Type.String({ pattern: '^[A-Z]{6}-R[0-9]{1,9}$', examples: ['BHKATS-R5'] })
export const ClosureId = Type.String({ pattern: '^[A-Z]{6}-L[0-9]{1,9}$', examples: ['BHKATS-L3'] })
export const BillNumber = Type.String({ pattern: '^[A-Z]{6}-[A-Z]-[0-9]{6,12}$', examples: ['BHKATS-B-000123'] })
export const Serial = Type.String({
  pattern: '^[A-Z0-9]{4,20}$',
  description: 'A meter’s serial number.',
  examples: ['SM100000'],
})
export const Pole = Type.String({ pattern: '^[0-9]{3}$', examples: ['011'] })
export const PackageCode = Type.String({ pattern: '^[AB][0-9][.][0-9]$', examples: ['B1.1'] })
export const Login = Type.String({ pattern: '^[a-z][a-z0-9._-]{1,31}$', description: 'A member of staff.', examples: ['asha'] })
export const Actor = Type.String({ description: 'Who: a log-in of staff, `customer:` and a person’s number, or the system.' })
export const Phone = Type.String({ pattern: '^[+][1-9][0-9]{6,14}$', description: 'E.164.', examples: ['+911234567890'] })
export const WorkflowId = Type.String({
  pattern: "^[a-z][a-z-]{1,40}:[A-Za-z0-9%:._~!*'()-]{1,300}$",
  examples: ['onboarding:BHKATS-A0042'],
})

const LARGEST_AMOUNT = 1_000_000_000_000

/** Money that someone pays or asks for: whole minor units (paise), at least one. */
export const AmountMinor = Type.Integer({
  minimum: 1,
  maximum: LARGEST_AMOUNT,
  description: 'Whole minor units of the currency (paise).',
  examples: [16000],
})
/** Money that is told: may be nothing, or less. */
export const MoneyMinor = Type.Integer({ description: 'Whole minor units of the currency (paise).' })
export const Currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217.', examples: ['INR'] })
export const EnergyWh = Type.Integer({ minimum: 0, maximum: LARGEST_AMOUNT, description: 'Whole watt-hours.' })
export const IsoDate = Type.String({
  format: 'date',
  pattern: '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$',
  description: 'A day at the plant.',
  examples: ['2026-07-01'],
})
export const IsoInstant = Type.String({
  format: 'date-time',
  pattern: '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,3})?Z$',
  description: 'RFC 3339, UTC.',
  examples: ['2026-07-01T00:00:00.000Z'],
})

export const Limit = Type.Integer({ minimum: 1, maximum: 200, default: 50 })
export const Cursor = Type.String({ pattern: '^[A-Za-z0-9_-]{1,400}$', description: '`nextCursor` of the page before.' })
/** Spread into the query of a list. */
export const paging = { limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) }

/** The decision that stands, as every decision answers. */
export const StandingDecision = Type.Object({
  step: Type.String(),
  verdict: Type.String(),
  decidedBy: Actor,
  decidedAt: IsoInstant,
})

export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable; see /problems.', examples: ['ALREADY_DECIDED'] }),
    detail: Type.String(),
    instance: Type.String(),
    trace_id: Type.String(),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    errors: Type.Optional(
      Type.Array(Type.Object({ in: Type.Optional(Type.String()), pointer: Type.String(), detail: Type.String() })),
    ),
  },
  { description: 'Problem document, RFC 9457.' },
)
