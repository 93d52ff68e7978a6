import { Webhook } from 'standardwebhooks'
import { addDays } from '../../../domain/calendar.ts'
import { CAST } from '../cast.ts'
import { chance, type Habit, habitOf } from '../households.ts'
import { type Company, dayOfMonth, sideBySide } from './company.ts'

interface Charge {
  readonly chargeId: number
  readonly kind: string
  readonly source: string
  readonly openMinor: number
  readonly dueOn: string
  readonly voidedAt: string | null
}

/** What somebody may pay now, and how. */
export interface Purse {
  readonly payer: string
  readonly amountMinor: number
  /** Tells this payment from every other for ever. */
  readonly reference: string
}

const RUPEE = 100
const LEAST_MINOR = 10 * RUPEE
const MONTH_OF_START = '2026-07'

/** A day on which a household pays: which part of what is open, and over the counter or from its wallet. */
export interface Payday {
  readonly date: string
  readonly share: number
  readonly by: 'counter' | 'wallet'
}

/**
 * The days of a month on which a household pays, by its habit. Pre-paid households pay their advance in the last days before the
 * month it is for, and that of the first month as soon as it is asked for; post-paid ones after their bill of the 1st.
 */
export function paydays(customerId: string, { month, isPrepaid }: { month: string; isPrepaid: boolean }): Payday[] {
  return isPrepaid ? advanceDays(customerId, month) : billDays(customerId, month)
}

function advanceDays(customerId: string, month: string): Payday[] {
  const { on, drawn } = daysOf(customerId, month)
  const isFirst = month === MONTH_OF_START
  switch (habitOf(customerId)) {
    case 'full':
      return [...(isFirst ? [on(1, 1)] : []), on(28 + drawn('full', 3), 1)]
    case 'parts':
      return [...(isFirst ? [on(1, 0.5)] : []), on(2, 1), on(29, 0.5)]
    case 'late':
      return [on(5 + drawn('late', 6), 1)]
    case 'wallet':
      return [...(isFirst ? [on(1, 1, 'wallet')] : []), on(28 + drawn('wallet', 3), 1, 'wallet')]
    case 'never':
      return []
  }
}

function billDays(customerId: string, month: string): Payday[] {
  const { on, drawn } = daysOf(customerId, month)
  switch (habitOf(customerId)) {
    case 'full':
      // A second look for bills that came late: meters read by hand, meters that were away.
      return [on(3 + drawn('full', 6), 1), on(16, 1)]
    case 'parts':
      return [on(4 + drawn('a', 4), 0.4), on(11 + drawn('b', 4), 0.5), on(18 + drawn('c', 6), 1)]
    case 'late':
      return [on(14 + drawn('late', 10), 1)]
    case 'wallet':
      return [on(3 + drawn('wallet', 5), 1, 'wallet')]
    case 'never':
      return []
  }
}

interface DaysOf {
  readonly on: (day: number, share: number, by?: Payday['by']) => Payday
  readonly drawn: (name: string, days: number) => number
}

function daysOf(customerId: string, month: string): DaysOf {
  return {
    on: (day, share, by = 'counter') => ({ date: dayOfMonth(`${month}-01`, day), share, by }),
    drawn: (name, days) => Math.floor(chance(customerId, month, name) * days),
  }
}

/** Every household of the village pays on its days; whoever was cut pays after a while to be lit again. */
export async function payBills(company: Company): Promise<void> {
  if (!company.isPast(company.today(), '08:00') || company.isPast(company.today(), '20:00')) return
  const today = company.today()
  const errands = company.village.houses.flatMap(({ customerId, packageCode }) =>
    paydaysOf(customerId, { month: today.slice(0, 7), isPrepaid: packageCode.startsWith('A') })
      .filter(({ date }) => date <= today && addDays(date, 3) >= today)
      .map((payday) => ({ customerId, payday, name: `pay:${customerId}:${payday.date}` })),
  )
  await sideBySide(errands, ({ name, customerId, payday }) =>
    company.notebook.once(name, () => payShare(company, customerId, payday)),
  )
  await company.notebook.once(`dark:${today}`, () => payWhoAreDark(company))
}

function paydaysOf(customerId: string, when: { month: string; isPrepaid: boolean }): Payday[] {
  const date = `${when.month}-02`
  if (customerId === CAST.paysByWallet) return [{ date, share: 1, by: 'wallet' }]
  if (customerId === CAST.cutAndLit) return paydaysBeforeTheCut(when.month)
  const isCast = (Object.values(CAST) as string[]).includes(customerId)
  return isCast ? [{ date: `${when.month}-06`, share: 1, by: 'counter' }] : paydays(customerId, when)
}

/** A little more than half of the old dues, which puts the cut off; then nothing until it has come. */
function paydaysBeforeTheCut(month: string): Payday[] {
  if (month === MONTH_OF_START) return [{ date: '2026-07-17', share: 0.55, by: 'counter' }]
  return month === '2026-08' ? [] : [{ date: `${month}-02`, share: 1, by: 'counter' }]
}

/** Dark households pay after days or weeks; the one with that part on the day after its cut. */
async function payWhoAreDark(company: Company): Promise<boolean> {
  const { today, notebook } = company
  const dark = await company
    .as('asha')
    .list<{ customerId: string }>(`/v1/customers?plant=${company.village.plant}&status=inactive`)
  for (const { customerId } of dark) {
    const since = notebook.read(`dark-since:${customerId}`)
    if (since === undefined || addDays(since, 60) < today()) notebook.note(`dark-since:${customerId}`, today())
    const patience = customerId === CAST.cutAndLit ? 1 : 2 + Math.floor(18 * chance(customerId, since ?? today(), 'dark'))
    if (since === undefined || addDays(since, patience) > today()) continue
    await notebook.once(`light:${customerId}:${since}`, () =>
      payShare(company, customerId, { date: today(), share: 1, by: 'counter' }),
    )
  }
  return true
}

async function payShare(company: Company, customerId: string, { date, share, by }: Payday): Promise<boolean> {
  const openMinor = await openOf(company, `/v1/customers/${customerId}`)
  const amountMinor = partOf(openMinor, share)
  if (amountMinor === 0) return true
  const purse = { payer: customerId, amountMinor, reference: `${date}-${customerId}` }
  return by === 'wallet'
    ? payByWallet(company, purse)
    : payCash(company, { ...purse, agent: counterAgent(customerId), place: 'counter' })
}

function counterAgent(customerId: string): string {
  return chance(customerId, 'counter') < 0.5 ? 'asha' : 'imran'
}

/** What an account has open, of debts and demands together. */
export async function openOf(company: Company, page: string): Promise<number> {
  const { body } = await company.as('asha').get<{ money: { charges: Charge[] } | null }>(page)
  return (body.money?.charges ?? []).reduce((sum, { openMinor, voidedAt }) => sum + (voidedAt === null ? openMinor : 0), 0)
}

/** Whole rupees, at least ten, and never a rest that could not be paid alone. */
export function partOf(openMinor: number, share: number): number {
  const part = Math.max(LEAST_MINOR, Math.floor((openMinor * share) / RUPEE) * RUPEE)
  return openMinor - part < LEAST_MINOR ? openMinor : part
}

/** Cash into an agent's hand or over the counter. The reference is the payment's for ever. */
export async function payCash(
  company: Company,
  { payer, amountMinor, reference, agent, place }: Purse & { agent: string; place: 'visit' | 'counter' },
): Promise<boolean> {
  const body = { payer, amountMinor, currency: company.village.currency, place }
  const answer = await company.as(agent).post('/v1/payments', body, reference)
  if (answer.status >= 300) company.say(`${payer} could not pay ${amountMinor} to ${agent}: ${answer.code ?? answer.status}`)
  // After a restart the same visit may find another sum open: what was paid the first time stands.
  return answer.status < 500
}

/** The sandbox's wallet tells of the payment, signed, as a real provider would. */
export async function payByWallet(company: Company, { payer, amountMinor, reference }: Purse): Promise<boolean> {
  const [provider = '', secret = ''] = (process.env.WEBHOOK_SECRETS ?? '').split(',')[0]?.split(/=(.*)/s) ?? []
  if (secret === '') return true
  const timestamp = new Date()
  const data = {
    reference: `W-${reference}`,
    status: 'confirmed',
    amountMinor,
    currency: company.village.currency,
    payer,
    plant: company.village.plant,
    channel: 'wallet',
  }
  const body = JSON.stringify({ type: 'payment.updated', timestamp: timestamp.toISOString(), data })
  const id = `msg_${reference}`
  const response = await fetch(`${process.env.API_URL ?? 'http://127.0.0.1:3000'}/v1/payment-notices/${provider}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, timestamp, body),
    },
    body,
    signal: AbortSignal.timeout(30_000),
  })
  if (response.status >= 300) company.say(`wallet of ${payer}: ${response.status} ${await response.text()}`)
  return response.status < 500
}

/** An agent at the door: some pay all, many a part, some not yet, some never. */
export async function payAtVisit(company: Company, visit: { taskId: string; customerId: string; agent: string }): Promise<void> {
  const { taskId, customerId, agent } = visit
  if (customerId === CAST.cutAndLit) return
  const shares: Readonly<Record<Habit, number>> = {
    full: 1,
    wallet: 1,
    parts: 0.5,
    late: chance(taskId, 'late') < 0.5 ? 1 : 0,
    never: 0,
  }
  const share = shares[habitOf(customerId)]
  if (share === 0) return
  const amountMinor = partOf(await openOf(company, `/v1/customers/${customerId}`), share)
  if (amountMinor > 0)
    await payCash(company, { payer: customerId, amountMinor, reference: `visit-${taskId}`, agent, place: 'visit' })
}
