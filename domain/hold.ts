/**
 * Reasons a connection may be kept off. The relay may close only when no hold is left (design "Programming a meter").
 * `not-activated` lasts from the account's creation to the technician's confirmation, `closed` from the closing on.
 */
export const HOLD_REASONS = [
  'unpaid',
  'prepaid-lapsed',
  'own-wish',
  'ban',
  'not-activated',
  'closed',
  'capacity',
  'staff',
  'maintenance',
  'relief',
  'outage',
] as const
export type HoldReason = (typeof HOLD_REASONS)[number]

/** What the register shows of a connection; `new` and `closed` stand outside the manual's three. */
export type ConnectionStatus = 'active' | 'inactive' | 'banned' | 'new' | 'closed'

/** How a hold counts for status, and whether a payment may end it. */
export type HoldRule = { readonly status: ConnectionStatus; readonly liftedByPayment: boolean; readonly temporary: boolean }

/** The table (policy "status": active = no hold but maintenance, relief or outage). */
export const HOLD_RULES: Readonly<Record<HoldReason, HoldRule>> = {
  unpaid: { status: 'inactive', liftedByPayment: true, temporary: false },
  'prepaid-lapsed': { status: 'inactive', liftedByPayment: true, temporary: false },
  'own-wish': { status: 'inactive', liftedByPayment: false, temporary: false },
  ban: { status: 'banned', liftedByPayment: false, temporary: false },
  'not-activated': { status: 'new', liftedByPayment: false, temporary: false },
  closed: { status: 'closed', liftedByPayment: false, temporary: false },
  capacity: { status: 'inactive', liftedByPayment: false, temporary: false },
  staff: { status: 'inactive', liftedByPayment: false, temporary: false },
  maintenance: { status: 'active', liftedByPayment: false, temporary: true },
  relief: { status: 'active', liftedByPayment: false, temporary: true },
  outage: { status: 'active', liftedByPayment: false, temporary: true },
}

/** Strongest first: a closed connection stays closed, a ban outlives unpaid dues. */
const STRENGTH: readonly ConnectionStatus[] = ['closed', 'banned', 'new', 'inactive', 'active']

/** The status the holds give (policy "status"). */
export function connectionStatus(holds: readonly HoldReason[]): ConnectionStatus {
  const statuses = new Set(holds.map((reason) => HOLD_RULES[reason].status))
  return STRENGTH.find((status) => statuses.has(status)) ?? 'active'
}

/** True when the relay may close: no hold of any kind is left (design "Programming a meter"). */
export function mayBeLive(holds: readonly HoldReason[]): boolean {
  return holds.length === 0
}

/** True when the text names a hold reason. */
export function isHoldReason(value: unknown): value is HoldReason {
  return typeof value === 'string' && (HOLD_REASONS as readonly string[]).includes(value)
}
