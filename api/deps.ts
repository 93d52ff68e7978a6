import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { Client } from '@temporalio/client'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { Db } from '../db/client.ts'

/** What the API reaches the world through; tests hand it the same things. */
export interface ApiDeps {
  readonly db: Db
  readonly client: Client
  /** Where workflows run; needed by whoever starts one. */
  readonly taskQueue: string
  /** Wall time in ms: for sessions, and to read a plant's business time from its segments. */
  readonly now: () => number
  readonly log: FastifyBaseLogger | false
  readonly config: ApiSettings
}

export interface ApiSettings {
  readonly namespace: string
  /** Where people's browsers reach the Temporal UI; undefined: no links. */
  readonly temporalUiUrl?: string | undefined
  readonly trustedProxies?: number
  /** Standard Webhooks secrets by payment provider. */
  readonly webhookSecrets?: Readonly<Record<string, readonly string[]>>
  /** AES-256 key for identity numbers at rest. */
  readonly kycKey?: Buffer
  /** From which meters' passwords are worked out; undefined: there is no password of their own to tell. */
  readonly meterAccessKey?: Buffer | undefined
  /** Log-in attempts a minute from one address for one identity. */
  readonly logInsPerMinute?: number
}

/** The application, with request and reply types that follow from each route's schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>
