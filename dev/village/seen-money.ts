import { dateAt } from '../../domain/calendar.ts'
import { CAST } from './cast.ts'
import type { Eyes, Sighting, Story } from './eyes.ts'
import { accountOf, type ChargeSeen, customerPath, historyOf, type PaymentSeen, rupees } from './seen-accounts.ts'

const HABITS_SHOWN = ['in full', 'in parts', 'late', 'by wallet'] as const
type Paid = (typeof HABITS_SHOWN)[number]

/** How many payers are looked at in one look, and how many must have been for "many in parts" to mean something. */
const AT_A_LOOK = 20
const MANY = 5

/** Goes through the payers, some at every look; what was seen of one stays true. */
export function habitsStory(): Story['see'] {
  const payersBy = new Map<Paid, Set<string>>(HABITS_SHOWN.map((habit) => [habit, new Set()]))
  let looked = 0
  const isShown = (habit: Paid): boolean => (payersBy.get(habit)?.size ?? 0) >= (habit === 'in parts' ? MANY : 1)
  return async (eyes) => {
    const { api, plant, temporal } = eyes
    const payments = await api.list<{ accountId: string | null }>(`/v1/payments?plant=${plant}&state=posted`)
    const payers = [...new Set(payments.flatMap(({ accountId }) => accountId ?? []))].sort()
    const turn =
      payers.length === 0 ? [] : Array.from({ length: AT_A_LOOK }, (_, n) => payers[(looked + n) % payers.length] ?? '')
    looked += AT_A_LOOK
    for (const accountId of new Set(turn)) {
      const { charges, payments: paid } = historyOf(eyes, accountId)
      for (const habit of habitsSeen(await charges(), await paid())) payersBy.get(habit)?.add(accountId)
    }
    const run = await temporal.find(`WorkflowType = 'receivePayment' AND PlantCode = '${plant}' AND Outcome IS NOT NULL`)
    if (run === undefined || !HABITS_SHOWN.every(isShown)) return undefined
    const example = (habit: Paid): string => [...(payersBy.get(habit) ?? [])][0] ?? ''
    return {
      what: `${payments.length} payments, among them ${HABITS_SHOWN.map((habit) => `${habit} (${example(habit)})`).join(', ')}`,
      paths: [...new Set(HABITS_SHOWN.map(example))].map((accountId) => `/v1/accounts/${accountId}`),
      workflowIds: [run.workflowId],
    }
  }
}

/** How the electricity of an account was paid. Late is who owed it: an advance that comes late was no debt, only darkness. */
export function habitsSeen(charges: readonly ChargeSeen[], payments: readonly PaymentSeen[]): Paid[] {
  const settled = charges.filter(
    ({ kind, openMinor, amountMinor }) => kind === 'electricity' && openMinor === 0 && amountMinor > 0,
  )
  return settled.flatMap(({ chargeId, nature, amountMinor, dueOn }) => {
    const parts = payments.flatMap(({ allocations, ...payment }) =>
      allocations.filter((part) => part.chargeId === chargeId).map((part) => ({ ...payment, paidMinor: part.amountMinor })),
    )
    const seen: Paid[] = []
    if (parts.length === 1 && parts[0]?.paidMinor === amountMinor) seen.push('in full')
    if (parts.length > 1) seen.push('in parts')
    if (nature === 'debt' && parts.some(({ valueDate }) => valueDate > dueOn)) seen.push('late')
    if (parts.some(({ channel }) => channel === 'wallet')) seen.push('by wallet')
    return seen
  })
}

/** The words to the customer say it: they go out when the meter has reported it, and only then. */
export async function seeCutAndLit(eyes: Eyes): Promise<Sighting | undefined> {
  const customerId = CAST.cutAndLit
  const { account } = await accountOf(eyes, customerId)
  const history = historyOf(eyes, account.accountId)
  const words = (await history.notices()).map(({ kind, queuedAt }) => ({ kind, at: queuedAt, on: dateAt(queuedAt, eyes.zone) }))
  const cut = words.find(({ kind, on }) => kind === 'supply-cut' && on.startsWith('2026-08-'))
  if (cut === undefined) return undefined
  const lit = words.findLast(({ kind, at }) => kind === 'supply-restored' && at > cut.at)
  const payment = (await history.payments()).findLast(({ valueDate }) => valueDate >= cut.on)
  const run = await eyes.temporal.find(`WorkflowType = 'collectDues' AND CustomerId = '${customerId}'`)
  if (lit === undefined || payment === undefined || payment.valueDate > lit.on || run === undefined) return undefined
  return {
    what: `${customerId} was cut on ${cut.on}, paid ${rupees(payment.amountMinor)} on ${payment.valueDate}, lit again on ${lit.on}`,
    paths: [customerPath(customerId), `/v1/accounts/${account.accountId}/notices`],
    workflowIds: [run.workflowId],
  }
}

export async function seeBooks({ api, plant }: Eyes): Promise<Sighting | undefined> {
  const path = `/v1/ledger/trial-balance?plant=${plant}`
  const { body } = await api.get<{ debitMinor: number; creditMinor: number }>(path)
  if (body.debitMinor !== body.creditMinor)
    throw new Error(`the books do not balance: ${body.debitMinor} and ${body.creditMinor}`)
  if (body.debitMinor === 0) return undefined
  const query = `WorkflowType = 'receivePayment' AND PlantCode = '${plant}'`
  return { what: `${rupees(body.debitMinor)} on either side`, paths: [path], workflowIds: [], query }
}
