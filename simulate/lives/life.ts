import type { MeterKind } from '../../domain/package.ts'

/** How a household pays. */
export type Habit = 'punctual' | 'late' | 'in-parts' | 'ahead' | 'by-transfer' | 'stops' | 'never-again'

/** How much is paid, of all that is open at that moment. */
export type HowMuch =
  | { readonly kind: 'all' }
  | { readonly kind: 'share'; readonly share: number }
  /** All, and so much more. */
  | { readonly kind: 'more'; readonly extraMinor: number }
  /** All, and the same once more a minute later. */
  | { readonly kind: 'twice' }

export type Channel = 'wallet' | 'cash' | 'transfer'

/** The payer is not named; or the provider does not know at first, and then says yes, no, or never knows. */
export type Trouble = 'stranger' | 'late-yes' | 'late-no' | 'lost'

/** What a household does or what befalls it; the amounts follow from the books at that moment. */
export type Deed =
  | { readonly kind: 'apply' }
  | {
      readonly kind: 'pay'
      readonly how: HowMuch
      readonly channel: Channel
      readonly bouncesAfterDays?: number
      readonly trouble?: Trouble
    }
  | { readonly kind: 'promise'; readonly inDays: number }
  | { readonly kind: 'plan'; readonly parts: number; readonly everyDays: number }
  | { readonly kind: 'change-package'; readonly to: string; readonly takesEffect: 'next-period' | 'at-once' }
  | { readonly kind: 'dispute'; readonly share: number }
  | { readonly kind: 'ask-credit-note'; readonly share: number }
  | { readonly kind: 'leave'; readonly inDays: number; readonly method: 'upi' | 'bank' }
  | { readonly kind: 'meter-away' }
  | { readonly kind: 'meter-back' }

/** Something planned: who, when, what. */
export type PlannedEvent = Deed & { readonly life: number; readonly at: string }

/** One household, all of it drawn before anything happens. */
export interface Life {
  readonly life: number
  readonly habit: Habit
  readonly packageCode: string
  readonly meterKind: MeterKind
  readonly pole: string
  readonly category: string
  readonly hasPhone: boolean
  readonly depositParts: number
  /** What is used on an ordinary day with supply. */
  readonly dailyWh: number
}

/** A whole simulation, as pure data: the same seed, the same plan. */
export interface Plan {
  readonly seed: number
  readonly startsAt: string
  readonly endsAt: string
  readonly lives: readonly Life[]
  /** In the order in which they happen. */
  readonly events: readonly PlannedEvent[]
}
