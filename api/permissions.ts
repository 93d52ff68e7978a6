import type { Role } from '../domain/roles.ts'

const OFFICE = ['cluster-in-charge', 'state-in-charge', 'head-office'] as const satisfies readonly Role[]
const PLANT_OFFICE = ['csa', 'operator', ...OFFICE] as const satisfies readonly Role[]
const STAFF = ['technician', ...PLANT_OFFICE] as const satisfies readonly Role[]
/** Through whose hands cash goes; whoever else may look at it does not touch it. */
const CASH_HANDS = ['csa', 'operator', 'cluster-in-charge'] as const satisfies readonly Role[]
const ALL = ['customer', ...STAFF] as const satisfies readonly Role[]

/**
 * Who may do what (manual "People and places"; policy, "decision" table). A role only opens the door: which plants or accounts
 * lie behind it is decided by scope, and never one's own entry by the process itself.
 */
export const PERMISSIONS = {
  'me.read': ALL,
  'notices.read-own': STAFF,
  'notices.acknowledge-own': STAFF,
  'plants.read': ALL,
  'policies.read': STAFF,
  'packages.read': ALL,
  'clock.read': ALL,
  'staff.read': OFFICE,
  'customers.read': STAFF,
  'accounts.read': ALL,
  'accounts.read-money': ['customer', ...PLANT_OFFICE],
  'accounts.read-notices': ['customer', 'csa', ...OFFICE],
  'processes.read': ['operator', ...OFFICE],
  'processes.retry': OFFICE,
  'processes.assign': OFFICE,
  'audit.read': ['state-in-charge', 'head-office'],
  'ledger.read': OFFICE,
  'books.read': OFFICE,
  'cases.decide': OFFICE,

  'tasks.read': STAFF,
  'tasks.do': STAFF,
  'tasks.assign': OFFICE,
  'tasks.review': STAFF,

  'applications.read': ALL,
  'applications.create': ['customer', ...PLANT_OFFICE],
  'applications.assign': OFFICE,
  'applications.fill-in': ['csa', 'operator', 'cluster-in-charge'],
  'applications.withdraw': ['customer', 'csa', 'cluster-in-charge'],
  'applications.decide': OFFICE,
  'applications.waive-deposit': ['state-in-charge', 'head-office'],

  'papers.read': ['customer', ...PLANT_OFFICE],
  'papers.make': ['customer', ...PLANT_OFFICE],

  'corrections.read': PLANT_OFFICE,
  'corrections.request': PLANT_OFFICE,
  'corrections.write-off': ['state-in-charge', 'head-office'],
  // A reading is decided by another person at the plant; what it takes else is asked of each by its amount.
  'corrections.decide': STAFF,
  'corrections.withdraw': STAFF,
  'disputes.read': ['customer', ...PLANT_OFFICE],
  'disputes.raise': ['customer', 'csa', 'operator', 'cluster-in-charge'],
  'disputes.answer': PLANT_OFFICE,

  'payments.read': ['customer', ...PLANT_OFFICE],
  'payments.take-cash': ['csa', 'operator', 'cluster-in-charge'],
  'payments.match': OFFICE,
  'payments.return': PLANT_OFFICE,
  'payments.read-notices': PLANT_OFFICE,
  'payments.report-bounce': PLANT_OFFICE,
  'payments.decide': ['head-office'],
  'payments.acknowledge': OFFICE,
  'payments.import-statement': OFFICE,
  'promises.take': ['csa', ...OFFICE],
  'plans.propose': ['csa', ...OFFICE],
  'plans.decide': OFFICE,

  'cash.read': PLANT_OFFICE,
  'cash.hold': CASH_HANDS,
  // Out of the bank and into it: cash for a hand, and what was short.
  'cash.bank': ['head-office'],
  'deposits.verify': ['head-office'],
  'deposits.waive-top-up': ['state-in-charge', 'head-office'],
  'bank-statements.read': ['state-in-charge', 'head-office'],
  'bank-statements.import': ['head-office'],

  'billing.read': PLANT_OFFICE,
  'billing.run': OFFICE,
  'advances.request': ['customer', 'csa', 'cluster-in-charge'],
  'readings.enter': ['technician', 'operator', 'csa'],
  'readings.review': ['technician', ...PLANT_OFFICE],
  'collection.decide': OFFICE,
  'collection.decide-protected': ['state-in-charge', 'head-office'],

  'meters.read': STAFF,
  // A meter's password, for whoever sets it up: a technician only while he has a task there.
  'meters.read-access': ['technician', ...OFFICE],
  'stock.write': OFFICE,

  'package-changes.read': ['customer', ...PLANT_OFFICE],
  'package-changes.request': ['customer', 'csa', 'cluster-in-charge'],
  'package-changes.decide': OFFICE,

  'prices.read': PLANT_OFFICE,
  'prices.request': ['head-office'],
  'prices.decide': ['head-office'],

  'closures.read': ['customer', ...PLANT_OFFICE],
  'closures.request': ['customer', 'csa', 'cluster-in-charge', 'state-in-charge'],
  'closures.decide': OFFICE,
  'refunds.read': PLANT_OFFICE,
  'refunds.request': PLANT_OFFICE,
  'refunds.decide': OFFICE,
  'refunds.pay': PLANT_OFFICE,
  // What became of a transfer, and that one came back.
  'refunds.settle': ['head-office'],
} as const satisfies Record<string, readonly Role[]>

export type Action = keyof typeof PERMISSIONS

/** True when the role may do this at all. */
export function isPermitted(role: Role, action: Action): boolean {
  return (PERMISSIONS[action] as readonly Role[]).includes(role)
}
