/** Staff and customer roles (manual "People and places"); scope decides which plants. */
export const ROLES = ['operator', 'technician', 'csa', 'cluster-in-charge', 'state-in-charge', 'head-office', 'customer'] as const
export type Role = (typeof ROLES)[number]

/** Who decides or starts something besides people: the system itself. */
export type Actor = Role | 'system' | 'agent'

/** Next level up when someone does not answer (policy "tasks": one level up after P2D); head office is the top. */
export function levelUp(role: Role): Role {
  return LEVEL_UP[role]
}

const LEVEL_UP: Readonly<Record<Role, Role>> = {
  customer: 'csa',
  operator: 'cluster-in-charge',
  technician: 'cluster-in-charge',
  csa: 'cluster-in-charge',
  'cluster-in-charge': 'state-in-charge',
  'state-in-charge': 'head-office',
  'head-office': 'head-office',
}
