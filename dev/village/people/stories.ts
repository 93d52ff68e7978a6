import { addDays } from '../../../domain/calendar.ts'
import { CAST, CUSTOMERS_WITH_LOG_IN, NEWCOMERS } from '../cast.ts'
import type { House } from '../files.ts'
import { chance } from '../households.ts'
import { type Company, dayOfMonth, isDaytime, send } from './company.ts'
import { openOf, partOf, payCash } from './paying.ts'

/** A day of the first month on which something of a story begins. */
const july = (day: number): string => dayOfMonth('2026-07-01', day)

/** The pinned cast plays its parts: households that join, wishes for other packages, and one who leaves. */
export async function playStories(company: Company): Promise<void> {
  if (!isDaytime(company)) return
  await join(company, { part: 'joins', household: NEWCOMERS.joins, from: july(2), payments: 2 })
  await join(company, { part: turnOf(company, 'halfPaid'), household: NEWCOMERS.halfPaid, from: july(3), payments: 1 })
  await wishForPackage(company, { customerId: CAST.wantsMoreAndGetsIt, code: 'B1.2', from: july(5) })
  await wishForPackage(company, { customerId: CAST.wantsTooMuch, code: 'B1.2', from: july(6) })
  await leaveOneToDecide(company, { code: 'B1.2', from: july(7) })
  await leave(company, { customerId: CAST.leaves, from: july(10), leavingOn: july(20) })
}

/** Who did not pay in time asks again: at any time there is one who has paid half and waits. */
function turnOf({ notebook }: Company, part: string): string {
  const turn = Number(notebook.read(`turns:${part}`) ?? 1)
  const name = turn === 1 ? part : `${part}-${turn}`
  if (!notebook.has(`joined:${name}`)) return name
  notebook.note(`turns:${part}`, String(turn + 1))
  return `${part}-${turn + 1}`
}

interface Joining {
  readonly part: string
  readonly household: (typeof NEWCOMERS)[keyof typeof NEWCOMERS]
  readonly from: string
  /** In how many parts they pay; with one they pay half and wait. */
  readonly payments: 1 | 2
}

interface ApplicationSeen {
  readonly application: {
    readonly deadlineAt: string | null
    readonly extendedAt: string | null
    readonly endedAt: string | null
  }
  readonly stage: string | null
  readonly demands: readonly { readonly openMinor: number; readonly amountMinor: number; readonly voidedAt: string | null }[]
}

async function join(company: Company, { part, household, from, payments }: Joining): Promise<void> {
  const { notebook } = company
  if (!company.isPast(from) || notebook.has(`joined:${part}`)) return
  await notebook.once(`apply:${part}`, () => apply(company, { part, household }))
  const id = notebook.read(`application:${part}`)
  if (id === undefined) return
  await notebook.once(`look:${part}:${company.today()}`, async () => {
    const { body } = await company.as('asha').get<ApplicationSeen>(`/v1/applications/${id}`)
    if (body.application.endedAt !== null) await notebook.once(`joined:${part}`, async () => true)
    else if (body.stage === 'Kyc' || body.stage === 'Requested') await enterKyc(company, id)
    else if (body.stage === 'PackageChoice') await choosePackage(company, { id, pole: household.pole })
    else if (body.stage === 'Payment') await payDemands(company, { id, payments, seen: body })
    return true
  })
}

async function apply(company: Company, { part, household }: Pick<Joining, 'part' | 'household'>): Promise<boolean> {
  const { name, nameHi, phone, address } = household
  const applicant = { name, nameHi, phone, language: 'hi' }
  const body = { plant: company.village.plant, applicant, category: 'lower-middle-income', address }
  const answer = await company.as('asha').post<{ applicationId: string }>('/v1/applications', body, `apply-${part}`)
  if (answer.status === 201) company.notebook.note(`application:${part}`, answer.body.applicationId)
  if (answer.status >= 300) company.say(`${part} could not apply: ${answer.code ?? answer.status}`)
  return answer.status < 300
}

async function enterKyc(company: Company, id: string): Promise<void> {
  const number = `BHR${Math.floor(1000 + 8999 * chance(id, 'proof'))}`
  const body = { kind: 'voter-id', number, commitmentsGiven: true }
  await company.notebook.once(`kyc-${id}`, () =>
    send(company, { who: 'asha', path: `/v1/applications/${id}/kyc`, body, name: `kyc-${id}` }),
  )
}

async function choosePackage(company: Company, { id, pole }: { id: string; pole: string }): Promise<void> {
  const body = { code: 'B1.1', pole, meterKind: 'smart', depositParts: 2 }
  await company.notebook.once(`package-${id}`, () =>
    send(company, { who: 'asha', path: `/v1/applications/${id}/package`, body, name: `package-${id}` }),
  )
}

/** Half at once. The other half follows after four days, or never: then a little more time is given, once. */
async function payDemands(
  company: Company,
  { id, payments, seen }: { id: string; payments: 1 | 2; seen: ApplicationSeen },
): Promise<void> {
  const { notebook } = company
  await notebook.once(`half:${id}`, async () => {
    const amountMinor = partOf(await openOf(company, `/v1/accounts/${id}`), 0.5)
    notebook.note(`half-on:${id}`, company.today())
    return payCash(company, { payer: id, amountMinor, reference: `half-${id}`, agent: 'asha', place: 'visit' })
  })
  const paidOn = notebook.read(`half-on:${id}`) ?? company.today()
  if (payments === 2 && company.today() >= addDays(paidOn, 4))
    await notebook.once(`rest:${id}`, async () => {
      const amountMinor = await openOf(company, `/v1/accounts/${id}`)
      return (
        amountMinor === 0 ||
        payCash(company, { payer: id, amountMinor, reference: `rest-${id}`, agent: 'asha', place: 'counter' })
      )
    })
  const { deadlineAt, extendedAt } = seen.application
  if (payments === 1 && deadlineAt !== null && extendedAt === null && addDays(company.today(), 4) >= deadlineAt.slice(0, 10))
    await notebook.once(`extend-${id}`, () =>
      send(company, { who: 'deepa', path: `/v1/applications/${id}/extension`, body: {}, name: `extend-${id}` }),
    )
}

interface Wish {
  readonly customerId: string
  readonly code: string
  readonly from: string
}

interface RequestSeen {
  readonly approvedAt: string | null
  readonly endedAt: string | null
}

/** Asks once, an agent for who has no log-in, and pays the difference whenever it is asked for. */
async function wishForPackage(company: Company, { customerId, code, from }: Wish): Promise<void> {
  if (!company.isPast(from)) return
  const body = { packageCode: code, takesEffect: 'at-once' }
  const name = `wish-${customerId}`
  const who = CUSTOMERS_WITH_LOG_IN.includes(customerId) ? customerId : 'asha'
  await company.notebook.once(name, () => send(company, { who, path: `/v1/customers/${customerId}/package-changes`, body, name }))
  await company.notebook.once(`difference:${customerId}:${company.today()}`, () => payDifference(company, customerId))
}

async function payDifference(company: Company, customerId: string): Promise<boolean> {
  if ((await requestsOf(company, customerId)).every(({ endedAt }) => endedAt !== null)) return true
  const page = await company
    .as('asha')
    .get<{ money: { charges: { kind: string; openMinor: number; voidedAt: string | null }[] } | null }>(
      `/v1/customers/${customerId}`,
    )
  const amountMinor = (page.body.money?.charges ?? [])
    .filter(({ kind, voidedAt }) => kind === 'package-difference' && voidedAt === null)
    .reduce((sum, { openMinor }) => sum + openMinor, 0)
  const reference = `difference-${customerId}`
  return amountMinor === 0 || payCash(company, { payer: customerId, amountMinor, reference, agent: 'imran', place: 'counter' })
}

async function requestsOf(company: Company, customerId: string): Promise<RequestSeen[]> {
  return company.as('asha').list<RequestSeen>(`/v1/customers/${customerId}/package-changes?state=all`)
}

/** One wish lies on the desk for the newcomer at any time: when it was decided, the next household has one. */
async function leaveOneToDecide(company: Company, { code, from }: Omit<Wish, 'customerId'>): Promise<void> {
  const { notebook, village } = company
  const turn = Number(notebook.read('turns:wish') ?? 1)
  const inTurn = wishersInTurn(village.houses).slice(0, turn)
  for (const customerId of inTurn) await wishForPackage(company, { customerId, code, from })
  const latest = inTurn.at(-1)
  if (latest === undefined || !notebook.has(`wish-${latest}`)) return
  await notebook.once(`decided:${latest}:${company.today()}`, async () => {
    const requests = await requestsOf(company, latest)
    const isDecided = requests.every(({ approvedAt, endedAt }) => approvedAt !== null || endedAt !== null)
    if (isDecided) notebook.note('turns:wish', String(turn + 1))
    return true
  })
}

/** Houses whose smart meter can carry the bigger package as it is, the cast's one first. */
export function wishersInTurn(houses: readonly House[]): string[] {
  const cast: readonly string[] = Object.values(CAST)
  const others = houses.filter(
    (house) => house.packageCode === 'B1.1' && house.kind === 'smart' && !cast.includes(house.customerId),
  )
  return [CAST.wantsMoreAndWaits, ...others.map(({ customerId }) => customerId)]
}

async function leave(
  company: Company,
  { customerId, from, leavingOn }: { customerId: string; from: string; leavingOn: string },
): Promise<void> {
  if (!company.isPast(from)) return
  const body = { leavingOn, refundMethod: 'cash' }
  const name = `leave-${customerId}`
  await company.notebook.once(name, () =>
    send(company, { who: customerId, path: `/v1/customers/${customerId}/closures`, body, name }),
  )
}
