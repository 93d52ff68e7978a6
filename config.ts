// The only file that reads the environment. Every process asks for the parts it needs, so a gateway never holds the KYC key.

import { existsSync } from 'node:fs'

export type Environment = Readonly<Record<string, string | undefined>>

export type Config = {
  readonly database: {
    /** Log-in of the application's role. */
    readonly url: string
    readonly poolSize: number
  }
  /** Log-in of the role that owns the tables; only the migration uses it. */
  readonly migration: { readonly url: string }
  readonly mqtt: {
    readonly url: string
    readonly username: string | undefined
    readonly password: string | undefined
    /** 4 is MQTT 3.1.1, which every broker speaks; 5 lets the broker drop expired commands. */
    readonly protocolVersion: 4 | 5
    /** Fixed per gateway: the broker keeps undelivered messages under it. Two gateways need two. */
    readonly clientId: string
    /** A file of certificates by which a broker with TLS is known; undefined: those of the system. */
    readonly caFile: string | undefined
  }
  /** From which every meter's password at the broker is worked out; undefined: the broker's accounts are kept by hand. */
  readonly meterAccess: { readonly key: Buffer | undefined }
  /** The broker's account that may manage the meters' accounts and nothing else; needed where there is a key. */
  readonly brokerAccess: { readonly username: string; readonly password: string }
  readonly temporal: { readonly address: string; readonly namespace: string; readonly taskQueue: string }
  readonly api: {
    readonly host: string
    readonly port: number
    /** Where people's browsers reach the Temporal UI, for links from a page to its run; undefined: no links. */
    readonly temporalUiUrl: string | undefined
    /** How many proxies in front may name the caller's address; 0 when callers come directly. */
    readonly trustedProxies: number
  }
  /** Standard Webhooks secrets by payment provider; several while one is being replaced. */
  readonly webhooks: { readonly secrets: Readonly<Record<string, readonly string[]>> }
  /** AES-256 key for identity numbers and documents at rest. */
  readonly kyc: { readonly key: Buffer }
  readonly log: { readonly level: LogLevel }
}

export type LogLevel = (typeof logLevels)[number]

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** One line per thing that is missing or wrong, each naming its variable. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super([...new Set(problems)].join('\n'))
    this.name = 'ConfigError'
    // An operator reads this, not a programmer: where it was thrown says nothing.
    this.stack = this.message
  }
}

/** For the end of a process's main: settings that are missing or wrong are told in a line each; all else is thrown on. */
export function tellConfigError(error: unknown): void {
  if (!(error instanceof ConfigError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

/**
 * The parts of the configuration a process needs, read from the environment and checked.
 * @throws ConfigError that names every problem at once.
 */
export function loadConfig<Part extends keyof Config>(
  parts: readonly Part[],
  env: Environment = process.env,
): Pick<Config, Part> {
  const reader = createReader(env)
  const config = Object.fromEntries(parts.map((part) => [part, read[part](reader)])) as Pick<Config, Part>
  if (reader.problems.length > 0) throw new ConfigError(reader.problems)
  return config
}

const read: { readonly [Part in keyof Config]: (reader: Reader) => Config[Part] } = {
  database: ({ url, integer }) => ({
    url: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    poolSize: integer('DATABASE_POOL_SIZE', { default: 10, min: 1, max: 200 }),
  }),
  migration: ({ url, has }) => ({
    url: url(has('MIGRATION_DATABASE_URL') ? 'MIGRATION_DATABASE_URL' : 'DATABASE_URL', ['postgres:', 'postgresql:']),
  }),
  mqtt: ({ url, text, optional, oneOf, file }) => ({
    url: url('MQTT_URL', ['mqtt:', 'mqtts:', 'ws:', 'wss:']),
    username: optional('MQTT_USERNAME'),
    password: optional('MQTT_PASSWORD'),
    protocolVersion: oneOf('MQTT_PROTOCOL_VERSION', ['4', '5'], '4') === '5' ? 5 : 4,
    clientId: text('MQTT_CLIENT_ID', 'diya-gateway'),
    caFile: file('MQTT_CA_FILE'),
  }),
  meterAccess: (reader) => ({ key: reader.has('METER_ACCESS_KEY') ? secretKey('METER_ACCESS_KEY', reader) : undefined }),
  brokerAccess: ({ text, has }) => ({
    username: text('MQTT_ACCESS_USERNAME', 'diya-access'),
    password: text('MQTT_ACCESS_PASSWORD', has('METER_ACCESS_KEY') ? undefined : ''),
  }),
  temporal: ({ text }) => ({
    address: text('TEMPORAL_ADDRESS', 'localhost:7233'),
    namespace: text('TEMPORAL_NAMESPACE', 'default'),
    taskQueue: text('TEMPORAL_TASK_QUEUE', 'operations'),
  }),
  api: ({ text, integer, optional }) => ({
    host: text('API_HOST', '127.0.0.1'),
    port: integer('API_PORT', { default: 3000, min: 0, max: 65_535 }),
    temporalUiUrl: optional('TEMPORAL_UI_URL'),
    trustedProxies: integer('TRUSTED_PROXIES', { default: 0, min: 0, max: 10 }),
  }),
  webhooks: (reader) => ({ secrets: webhookSecrets(reader) }),
  kyc: (reader) => ({ key: secretKey('KYC_KEY', reader) }),
  log: ({ oneOf }) => ({ level: oneOf('LOG_LEVEL', logLevels, 'info') }),
}

/** `WEBHOOK_SECRETS=wallet=whsec_…,bank=whsec_…`; naming a provider twice accepts both secrets, for a change without a gap. */
function webhookSecrets({ optional, problems }: Reader): Record<string, string[]> {
  const secrets: Record<string, string[]> = {}
  for (const entry of (optional('WEBHOOK_SECRETS') ?? '').split(',').filter(Boolean)) {
    const [, provider, secret] = /^([a-z][a-z0-9-]*)=(whsec_[A-Za-z0-9+/]{32,}={0,2})$/.exec(entry.trim()) ?? []
    if (provider === undefined || secret === undefined)
      problems.push('WEBHOOK_SECRETS: expected provider=whsec_<base64, at least 24 bytes>, separated by commas')
    else (secrets[provider] ??= []).push(secret)
  }
  return secrets
}

function secretKey(name: string, { text, problems }: Reader): Buffer {
  const key = Buffer.from(text(name), 'base64')
  if (key.length !== 32 && problems.every((problem) => !problem.startsWith(name)))
    problems.push(`${name}: expected 32 bytes in base64 (openssl rand -base64 32)`)
  return key
}

type Reader = {
  readonly problems: string[]
  readonly has: (name: string) => boolean
  readonly optional: (name: string) => string | undefined
  /** The path of a file that is there; undefined when the variable is not set. */
  readonly file: (name: string) => string | undefined
  readonly text: (name: string, fallback?: string) => string
  readonly url: (name: string, protocols: readonly string[]) => string
  readonly integer: (name: string, range: { readonly default: number; readonly min: number; readonly max: number }) => number
  readonly oneOf: <Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice) => Choice
}

/** Readers never throw: each notes its problem and goes on, so that all are told at once. A set but empty variable counts as unset. */
function createReader(env: Environment): Reader {
  const problems: string[] = []
  const optional = (name: string): string | undefined => env[name]?.trim() || undefined
  const text = (name: string, fallback?: string): string => {
    const value = optional(name) ?? fallback
    if (value === undefined) problems.push(`${name} is not set`)
    return value ?? ''
  }
  const file = (name: string): string | undefined => {
    const value = optional(name)
    if (value !== undefined && !existsSync(value)) problems.push(`${name}: there is no such file`)
    return value
  }
  const url = (name: string, protocols: readonly string[]): string => {
    const value = text(name)
    // The value may hold a password, so the complaint does not repeat it.
    if (value && !(URL.canParse(value) && protocols.includes(new URL(value).protocol)))
      problems.push(`${name}: expected a URL that begins with ${protocols.join('// or ')}//`)
    return value
  }
  const integer: Reader['integer'] = (name, range) => {
    const value = optional(name) === undefined ? range.default : Number(optional(name))
    if (!Number.isInteger(value) || value < range.min || value > range.max)
      problems.push(`${name}: expected a whole number from ${range.min} to ${range.max}`)
    return value
  }
  const oneOf: Reader['oneOf'] = (name, choices, fallback) => {
    const choice = choices.find((known) => known === (optional(name) ?? fallback))
    if (choice === undefined) problems.push(`${name}: expected one of ${choices.join(', ')}`)
    return choice ?? fallback
  }
  return { problems, has: (name) => optional(name) !== undefined, optional, file, text, url, integer, oneOf }
}
