import { addDays } from '../../../domain/calendar.ts'
import { CAST, NEWCOMERS } from '../cast.ts'
import { chance } from '../households.ts'
import { type Company, dayOfMonth, isDaytime, send } from './company.ts'
import { openOf, partOf, payCash } from './paying.ts'

/** A day of the first month on which something of a story begins. */
const july = (day: number): string => dayOfMonth('2026-07-01', day)

/** The pinned cast plays its parts: households that join, wishes for other packages, and one who leaves. */
export async function playStories(company: Company): Promise<void> {
  if (!isDaytime(company)) return
  await join(company, { part: 'joins', household: NEWCOMERS.joins, from: july(2), payments: 2 })
  await join(company, { part: 'halfPaid', household: NEWCOMERS.halfPaid, from: july(3), payments: 1 })
  await wishForPackage(company, { customerId: CAST.wantsMoreAndGetsIt, code: 'B1.2', from: july(5) })
  await wishForPackage(company, { customerId: CAST.wantsTooMuch, code: 'B1.2', from: july(6) })
  await wishForPackage(company, { customerId: CAST.wantsMoreAndWaits, code: 'B1.2', from: july(7) })
  await leave(company, { customerId: CAST.leaves, from: july(10), leavingOn: july(20) })
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

async function wishForPackage(
  company: Company,
  { customerId, code, from }: { customerId: string; code: string; from: string },
): Promise<void> {
  if (!company.isPast(from)) return
  const body = { packageCode: code, takesEffect: 'at-once' }
  const name = `wish-${customerId}`
  await company.notebook.once(name, () =>
    send(company, { who: customerId, path: `/v1/customers/${customerId}/package-changes`, body, name }),
  )
  await company.notebook.once(`difference:${customerId}:${company.today()}`, async () => {
    if (company.today() > addDays(from, 14)) return true
    const page = await company
      .as('asha')
      .get<{ money: { charges: { kind: string; openMinor: number; voidedAt: string | null }[] } | null }>(
        `/v1/customers/${customerId}`,
      )
    const open = (page.body.money?.charges ?? []).filter(
      ({ kind, openMinor, voidedAt }) => kind === 'package-difference' && openMinor > 0 && voidedAt === null,
    )
    const amountMinor = open.reduce((sum, { openMinor }) => sum + openMinor, 0)
    return (
      amountMinor === 0 ||
      payCash(company, {
        payer: customerId,
        amountMinor,
        reference: `difference-${customerId}`,
        agent: 'imran',
        place: 'counter',
      })
    )
  })
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
