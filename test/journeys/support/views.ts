// What a story reads of the API's answers; the API's own documents say all of it.

export interface AccountPage {
  readonly account: { readonly customerId: string | null }
  readonly connection: {
    readonly status: string
    readonly connectedOn: string | null
    readonly holds: readonly { readonly reason: string; readonly placedAt: string }[]
    readonly terms: readonly { readonly packageCode: string; readonly fromDate: string; readonly toDate: string | null }[]
  } | null
  readonly meter: {
    readonly serial: string
    readonly desired: { readonly version: number } | null
    readonly reported: { readonly version: number; readonly relay: string | null; readonly loadLimitW: number | null } | null
  } | null
  readonly readings: readonly { readonly boundary: string | null; readonly registerWh: number }[]
  readonly processes: readonly { readonly workflowType: string; readonly stage: string; readonly outcome: string | null }[]
  readonly money: {
    readonly balances: Readonly<Record<string, number>>
    readonly charges: readonly { readonly kind: string; readonly amountMinor: number; readonly openMinor: number }[]
    readonly bills: readonly {
      readonly source: string
      readonly totalMinor: number
      readonly dueOn: string
      readonly outstandingBeforeMinor: number
    }[]
  }
  readonly notices: readonly { readonly kind: string; readonly state: string }[]
}

export interface TrialBalance {
  readonly debitMinor: number
  readonly creditMinor: number
  readonly items: readonly {
    readonly code: string
    readonly class: string
    readonly debitMinor: number
    readonly creditMinor: number
  }[]
}

export interface Task {
  readonly taskId: string
  readonly status: string
  readonly assignedTo: string | null
}

export interface ProcessPage {
  readonly process: { readonly stage: string; readonly outcome: string | null }
}

export interface PaymentPage {
  readonly receipt: {
    readonly amountMinor: number
    readonly remainingMinor: number
    readonly creditMinor: number
    readonly paidFor: readonly { readonly kind: string; readonly amountMinor: number }[]
  } | null
}

export interface PackageChangePage {
  readonly requestId: string
}

export interface ClosurePage {
  readonly refunds: readonly { readonly kind: string; readonly amountMinor: number; readonly state: string }[]
}
