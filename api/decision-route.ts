import type { TObject, TProperties } from '@fastify/type-provider-typebox'
import type { Action } from './permissions.ts'
import { StandingDecision } from './schemas.ts'

/** Permission and schemas of such a route, typed for its handler. */
export interface DecisionRoute<P extends TObject, T extends TProperties> {
  readonly config: { readonly action: Action; readonly idempotent: true }
  readonly schema: {
    readonly tags: readonly string[]
    readonly summary: string
    readonly params: P
    readonly body: TObject<T>
    readonly response: { readonly 200: typeof StandingDecision }
  }
}

/** What a route by which somebody decides says of itself: who may (`action`), what it is, and what it takes. It answers with the decision. */
export function decisionRoute<P extends TObject, T extends TProperties>({
  action,
  ...about
}: {
  readonly tags: readonly string[]
  readonly summary: string
  readonly params: P
  readonly body: TObject<T>
  readonly action: Action
}): DecisionRoute<P, T> {
  return {
    config: { action, idempotent: true },
    schema: { ...about, response: { 200: StandingDecision } },
  }
}
