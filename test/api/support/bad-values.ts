import { sample, type Schema } from './documented.ts'

/** JSON text, because some of it is not what JSON.stringify would write. */
export interface BadBody {
  readonly why: string
  readonly json: string
}

const WRONG_TYPES = {
  string: ['5', 'true', '[]', '{}'],
  integer: ['"5"', 'true', '[1]', '{}', '1e400'],
  boolean: ['"true"', '1', '[]'],
  array: ['"x"', '1', '{}'],
  object: ['"x"', '1', '[]'],
} as const
const STRANGE_TEXTS = {
  'a NUL': String.raw`"a\u0000b"`,
  'a lone surrogate': String.raw`"a\ud800b"`,
  'a turned direction': String.raw`"a\u202eb"`,
  'a right-to-left mark': String.raw`"a\u200fb"`,
  'an escape': String.raw`"a\u001b[31m"`,
  'ten kilobytes': JSON.stringify('x'.repeat(10_000)),
  nothing: '""',
  blanks: '"   "',
} as const
const STRANGE_NUMBERS = {
  negative: '-1',
  fractional: '1.5',
  huge: '1e15',
  'beyond what is exact': '9007199254740993000',
} as const

/** Every way in which a body can be wrong, one at a time, the rest of it as it should be. */
export function badBodies(schema: Schema): BadBody[] {
  const good = sample(schema) as Record<string, unknown>
  const whole = ['null', '[]', '"text"', '7', '{', '', '{"a":1}{"a":2}'].map((json) => ({
    why: `a body that is ${json === '' ? 'empty' : json}`,
    json,
  }))
  const missing = (schema.required ?? []).map((name) => ({
    why: `without ${name}`,
    json: JSON.stringify({ ...good, [name]: undefined }),
  }))
  const unknown = [
    { why: 'an unknown field', json: JSON.stringify({ ...good, unheardOf: 1 }) },
    { why: 'a prototype', json: withField(good, '__proto__', '{"x":1}') },
  ]
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    badFields(field).map(({ why, json }) => ({ why: `${name}: ${why}`, json: withField(good, name, json) })),
  )
  return [...whole, ...missing, ...unknown, ...fields]
}

function badFields(schema: Schema): BadBody[] {
  const types = (schema.anyOf ?? [schema]).map(({ type }) => type)
  const type = types.find((one) => one !== 'null') as keyof typeof WRONG_TYPES
  const wrong: BadBody[] = (WRONG_TYPES[type] ?? []).map((json) => ({ why: `the wrong type ${json}`, json }))
  if (!types.includes('null')) wrong.push({ why: 'null', json: 'null' })
  if (type === 'string') wrong.push(...Object.entries(STRANGE_TEXTS).map(([why, json]) => ({ why, json })))
  if (type === 'integer') wrong.push(...Object.entries(STRANGE_NUMBERS).map(([why, json]) => ({ why, json })))
  return wrong
}

function withField(good: Record<string, unknown>, name: string, json: string): string {
  const rest = Object.entries(good)
    .filter(([key, value]) => key !== name && value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  return `{${[...rest, `${JSON.stringify(name)}:${json}`].join(',')}}`
}

/** Texts that no id in a path has. */
export const BAD_IDS = [
  'x',
  '../..',
  '%00',
  "' or 1=1 --",
  '-1',
  'BHKATS',
  'BHKATS-A',
  'भकत',
  'x'.repeat(300),
  '\u202eBHKATS',
  'BHKATS01112 ',
  'bhkats01112',
] as const
/** Texts that no query parameter of the type takes. */
export function badQueryValues({ type }: Schema): readonly string[] {
  const texts = ['\u0000', '\u202e', 'x'.repeat(10_000)]
  return type === 'string' ? texts : [...texts, '-1', '1.5', '99999999999999', 'x']
}
