import type { Eyes } from './eyes.ts'

/** A customer's page in the API, as far as stories are told by it. */
export interface AccountSeen {
  readonly account: { readonly accountId: string; readonly customerId: string | null; readonly closedAt: string | null }
  readonly meter: {
    readonly serial: string
    readonly desired: { readonly version: number; readonly loadLimitW: number | null } | null
    readonly reported: { readonly version: number; readonly loadLimitW: number | null } | null
  } | null
}
export interface ChargeSeen {
  readonly chargeId: number
  readonly kind: string
  readonly nature: string
  readonly source: string
  readonly amountMinor: number
  readonly openMinor: number
  readonly dueOn: string
}
export interface PaymentSeen {
  readonly channel: string
  readonly amountMinor: number
  readonly valueDate: string
  readonly allocations: readonly { readonly chargeId: number; readonly amountMinor: number }[]
}
export interface NoticeSeen {
  readonly kind: string
  readonly queuedAt: string
}

export const customerPath = (customerId: string): string => `/v1/customers/${customerId}`

export async function accountOf({ api }: Eyes, customerId: string): Promise<AccountSeen> {
  return (await api.get<AccountSeen>(customerPath(customerId))).body
}

/** All there ever was of an account, newest first: its page shows the latest only, and stories lie months back. */
export function historyOf(
  { api }: Eyes,
  accountId: string,
): {
  charges: () => Promise<ChargeSeen[]>
  payments: () => Promise<PaymentSeen[]>
  notices: () => Promise<NoticeSeen[]>
} {
  const path = (list: string): string => `/v1/accounts/${accountId}/${list}`
  return {
    charges: () => api.list<ChargeSeen>(path('charges')),
    payments: () => api.list<PaymentSeen>(path('payments')),
    notices: () => api.list<NoticeSeen>(path('notices')),
  }
}

export function rupees(amountMinor: number): string {
  return `${(amountMinor / 100).toFixed(2)} rupees`
}
