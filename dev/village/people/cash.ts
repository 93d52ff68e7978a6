import { addDays } from '../../../domain/calendar.ts'
import { type Company, daysAfter, send } from './company.ts'

interface InHand {
  readonly holder: string
  readonly balanceMinor: number
  readonly since: string | null
}

interface Deposit {
  readonly depositId: string
  readonly amountMinor: number
  readonly slipReference: string
  readonly depositedOn: string
}

interface Proposal {
  readonly depositId: string
  readonly lineId: number
  readonly strength: string
}

const AGENTS = ['asha', 'imran']
const HEAD_OFFICE = 'geeta'
const BANK_ACCOUNT = 'SBI-KATSA-01'
/** Stays in the counter's drawer for refunds: 1,000 rupees. */
const FLOAT_MINOR = 100_000
/** Nobody goes to the bank every day. */
const BANK_AFTER_DAYS = 2

/** Agents count their cash in the evening and bank it every few days; head office finds it in the bank's statement. */
export async function keepCash(company: Company): Promise<void> {
  const today = company.today()
  const name = (what: string): string => `cash-${what}-${today}`
  if (company.isPast(today, '11:00')) {
    await company.notebook.once(name('bank'), () => bankWhatIsOld(company, today))
    await company.notebook.once(name('statement'), () => readStatement(company, today))
    await verifyProposed(company)
  }
  if (company.isPast(today, '19:00')) await company.notebook.once(name('count'), () => countAll(company, today))
}

async function handsOf(company: Company, agent: string): Promise<readonly InHand[]> {
  const { body } = await company.as(agent).get<{ items: InHand[] }>(`/v1/cash?plant=${company.village.plant}`)
  // The counter is everybody's; the first of the agents sees to it.
  return body.items.filter(({ holder }) => holder === agent || (agent === AGENTS[0] && holder.startsWith('counter-')))
}

async function bankWhatIsOld(company: Company, today: string): Promise<boolean> {
  for (const agent of AGENTS)
    for (const { holder, balanceMinor, since } of await handsOf(company, agent)) {
      const amountMinor = balanceMinor - (holder === agent ? 0 : FLOAT_MINOR)
      if (since === null || amountMinor <= 0 || daysAfter(since, BANK_AFTER_DAYS) > company.clock.nowMs()) continue
      const slipReference = `SLIP-${holder.toUpperCase()}-${today}`
      const body = { amountMinor, slipReference, depositedOn: today }
      const { status, code } = await company.as(agent).post(`/v1/cash/${holder}/deposits`, body, slipReference)
      if (status >= 300) company.say(`${agent} could not bank ${amountMinor}: ${code ?? status}`)
      if (status >= 500) return false
    }
  return true
}

/** The bank's statement comes the morning after, with every slip up to yesterday. */
async function readStatement(company: Company, today: string): Promise<boolean> {
  const { plant } = company.village
  const declared = await company.as(HEAD_OFFICE).list<Deposit>(`/v1/cash-deposits?plant=${plant}&state=declared`)
  const lines = declared.filter(({ depositedOn }) => depositedOn <= addDays(today, -1)).map(lineOf)
  if (lines.length === 0) return true
  const csv = ['date,reference,amount', ...lines, ''].join('\n')
  const body = { plant, bankAccount: BANK_ACCOUNT, csv }
  const { status } = await company.as(HEAD_OFFICE).post('/v1/bank-statements', body, `statement-${today}`)
  return status < 500
}

function lineOf({ depositedOn, slipReference, amountMinor }: Deposit): string {
  const paise = String(amountMinor % 100).padStart(2, '0')
  return `${depositedOn},CASH DEP ${slipReference},${Math.floor(amountMinor / 100)}.${paise}`
}

async function verifyProposed(company: Company): Promise<void> {
  const list = `/v1/bank-statements/proposals?plant=${company.village.plant}`
  const { body } = await company.as(HEAD_OFFICE).get<{ items: Proposal[] }>(list)
  for (const { depositId, lineId } of body.items.filter(({ strength }) => strength === 'amount-and-reference')) {
    const errand = `verify-${depositId}`
    const path = `/v1/cash-deposits/${depositId}/verification`
    await company.notebook.once(errand, () => send(company, { who: HEAD_OFFICE, path, body: { lineId }, name: errand }))
  }
}

async function countAll(company: Company, today: string): Promise<boolean> {
  for (const agent of AGENTS)
    for (const { holder, balanceMinor } of await handsOf(company, agent)) {
      const key = `count-${holder}-${today}`
      const { status } = await company.as(agent).post(`/v1/cash/${holder}/counts`, { countedMinor: balanceMinor }, key)
      if (status >= 500) return false
    }
  return true
}
