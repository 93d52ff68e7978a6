import { inTransaction, withAccount } from '../../db/queries/accounts.ts'
import { createApplication } from '../../db/queries/applications.ts'
import { openClosure } from '../../db/queries/closures.ts'
import { requestNote } from '../../db/queries/correction-requests.ts'
import { raiseDispute } from '../../db/queries/dispute-requests.ts'
import { requestPackageChange } from '../../db/queries/package-wishes.ts'
import { acceptNotice, type PaymentSaid } from '../../db/queries/payment-notices.ts'
import { openTotalMinor } from '../../db/queries/payments.ts'
import { addDays, addToInstant, dateAt } from '../../domain/calendar.ts'
import { isDomainError } from '../../domain/errors.ts'
import type { Channel, Deed, HowMuch, Life, Plan, PlannedEvent, Trouble } from '../lives/life.ts'
import { PLANT, type World, ZONE } from '../world.ts'
import { askForPlan, promise } from './agreements.ts'
import { STRANGER } from './doubtful-money.ts'
import type { Registers } from './registers.ts'

const RUPEE = 100
const LEAST_MINOR = 10 * RUPEE
const PROVIDERS: Readonly<Record<Channel, string>> = { wallet: 'sandbox-wallet', cash: 'cash', transfer: 'bank' }
/** What the sandbox's wallet answers when it is asked about a payment follows from how its reference ends. */
const ENDINGS: Readonly<Record<Trouble, string>> = { stranger: '', 'late-yes': '', 'late-no': '-fails', lost: '-lost' }

/** The households of a plan: who has which account, and what they do. */
export interface Households {
  /** Carries out what is planned. What the rules refuse then (nothing is owed, the account is closed) simply is not done. */
  act(event: PlannedEvent): Promise<void>
  lifeOf(accountId: string): Life | undefined
  accountOf(life: number): string | undefined
}

/** A payment that comes back later, told by its own event. */
export type Later = (at: string, act: () => Promise<void>) => void

interface Village {
  readonly world: World
  readonly registers: () => Registers
  readonly later: Later
}

interface House extends Village {
  readonly life: Life
  readonly accountId: string
  readonly customerId: string | undefined
  readonly at: string
}

/** Nobody has applied yet. */
export function createHouseholds(plan: Plan, village: Village): Households {
  const accounts = new Map<number, string>()
  const lives = new Map<string, Life>()
  return {
    lifeOf: (accountId) => lives.get(accountId),
    accountOf: (life) => accounts.get(life),
    async act({ life: number, at, ...deed }) {
      const life = plan.lives[number]
      if (life === undefined) throw new Error(`no life ${number}`)
      if (deed.kind === 'apply') {
        const accountId = await apply(village.world, life, at)
        accounts.set(number, accountId)
        lives.set(accountId, life)
        return
      }
      const accountId = accounts.get(number)
      if (accountId === undefined) return
      const account = await village.world.db
        .selectFrom('accounts')
        .select('customerId')
        .where('accountId', '=', accountId)
        .executeTakeFirst()
      await unlessRefused(() => carryOut({ ...village, life, accountId, customerId: account?.customerId ?? undefined, at }, deed))
    },
  }
}

async function apply({ db }: World, { life, category, hasPhone }: Life, at: string): Promise<string> {
  const phone = hasPhone ? { phone: `+9155500${String(life).padStart(5, '0')}` } : {}
  const { applicationId } = await inTransaction(db, (tx) =>
    createApplication(tx, {
      plant: PLANT,
      currency: 'INR',
      category,
      address: `House ${life}`,
      origin: 'visit',
      salesAgent: 'asha',
      applicant: { name: `Household ${life}`, language: life % 2 === 0 ? 'hi' : 'en', ...phone },
      asOf: at,
    }),
  )
  return applicationId
}

/** A rule may say no to what was planned long before. */
async function unlessRefused(act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!isDomainError(error)) throw error
  }
}

async function carryOut(house: House, deed: Exclude<Deed, { kind: 'apply' }>): Promise<void> {
  switch (deed.kind) {
    case 'pay':
      return pay(house, deed)
    case 'promise':
      return promise(house, deed.inDays)
    case 'plan':
      return askForPlan(house, deed)
    case 'change-package':
      return changePackage(house, deed)
    case 'leave':
      return leave(house, deed)
    case 'dispute':
      return dispute(house, deed)
    case 'ask-credit-note':
      return askCreditNote(house, deed.share)
    case 'meter-away':
    case 'meter-back':
      return reach(house, deed.kind === 'meter-back')
  }
}

async function pay(house: House, { how, channel, bouncesAfterDays, trouble }: Extract<Deed, { kind: 'pay' }>): Promise<void> {
  const { world, life, accountId, at, later } = house
  const openMinor = await openTotalMinor(world.db, accountId)
  const amountMinor = amountOf(how, openMinor)
  if (amountMinor <= 0) return
  const reference = `life-${life.life}-${at}${trouble === undefined ? '' : ENDINGS[trouble]}`
  const payer = trouble === 'stranger' ? STRANGER : accountId
  const said = { status: 'confirmed', amountMinor, currency: 'INR', payer, channel, ...handOf(channel, life) } as const
  const isSure = trouble === undefined || trouble === 'stranger'
  await hear(world, { channel, reference, said: isSure ? said : { ...said, status: 'pending' }, at })
  if (how.kind === 'twice') await hear(world, { channel, reference: `${reference}-again`, said, at })
  if (bouncesAfterDays === undefined) return
  const backAt = addToInstant(at, `P${bouncesAfterDays}D`, ZONE)
  later(backAt, () => hear(world, { channel, reference, said: { ...said, status: 'bounced' }, at: backAt }))
}

/** Two collect; each house has its own. */
function handOf(channel: Channel, { life }: Life): Pick<PaymentSaid, 'holder' | 'collectedBy'> {
  const hand = life % 4 === 3 ? 'imran' : 'asha'
  return channel === 'cash' ? { holder: hand, collectedBy: hand } : {}
}

function amountOf(how: HowMuch, openMinor: number): number {
  if (how.kind === 'more') return openMinor + how.extraMinor
  if (how.kind !== 'share') return openMinor
  const part = Math.round((openMinor * how.share) / RUPEE) * RUPEE
  return Math.min(openMinor, Math.max(part, LEAST_MINOR))
}

async function hear(
  { db }: World,
  { channel, reference, said, at }: { channel: Channel; reference: string; said: PaymentSaid; at: string },
): Promise<void> {
  await inTransaction(db, (tx) => acceptNotice(tx, { provider: PROVIDERS[channel], reference, plant: PLANT, said, asOf: at }))
}

async function changePackage(
  { world, customerId, at }: House,
  { to, takesEffect }: Extract<Deed, { kind: 'change-package' }>,
): Promise<void> {
  if (customerId === undefined) return
  const wish = { customerId, packageCode: to, takesEffect, requestedBy: 'asha', asOf: at }
  await inTransaction(world.db, (tx) => requestPackageChange(tx, wish))
}

async function leave(
  { world, accountId, customerId, at }: House,
  { inDays, method }: Extract<Deed, { kind: 'leave' }>,
): Promise<void> {
  if (customerId === undefined) return
  const leavingOn = addDays(dateAt(at, ZONE), inDays)
  const asked = { reason: 'own-wish', leavingOn, requestedBy: 'asha', requestedAt: at, refundMethod: method } as const
  await withAccount(world.db, accountId, (tx, account) => openClosure(tx, { ...account, customerId }, asked))
}

/** The newest bill is doubted, a part of it. */
async function dispute({ world, accountId, at }: House, { share }: Extract<Deed, { kind: 'dispute' }>): Promise<void> {
  const bill = await world.db
    .selectFrom('bills')
    .select(['number', 'totalMinor'])
    .where('accountId', '=', accountId)
    .where('kind', '=', 'electricity')
    .orderBy('billId', 'desc')
    .executeTakeFirst()
  if (bill === undefined) return
  const amountMinor = Math.floor((bill.totalMinor * share) / RUPEE) * RUPEE
  if (amountMinor <= 0) return
  const raised = {
    billNumber: bill.number,
    amountMinor,
    reason: 'reading',
    textId: null,
    raisedBy: `customer:${accountId}`,
  } as const
  await withAccount(world.db, accountId, (tx, account) => raiseDispute(tx, account, { ...raised, asOf: at }))
}

async function askCreditNote({ world, accountId, at }: House, share: number): Promise<void> {
  const charge = await world.db
    .selectFrom('charges')
    .select(['chargeId', 'amountMinor'])
    .where('accountId', '=', accountId)
    .where('kind', '=', 'electricity')
    .where('nature', '=', 'debt')
    .where('voidedAt', 'is', null)
    .orderBy('chargeId', 'desc')
    .executeTakeFirst()
  if (charge === undefined) return
  const amountMinor = Math.floor((charge.amountMinor * share) / RUPEE) * RUPEE
  if (amountMinor <= 0) return
  const asked = {
    kind: 'credit',
    chargeId: charge.chargeId,
    amountMinor,
    reason: 'supply-missing',
    textId: null,
    requestedBy: 'imran',
  } as const
  await withAccount(world.db, accountId, (tx, account) => requestNote(tx, account, { ...asked, asOf: at }))
}

/** The meter of the house goes out of reach, or comes back and tells what it remembers. */
async function reach({ world, accountId, registers }: House, isBack: boolean): Promise<void> {
  const meter = await world.db
    .selectFrom('meters')
    .select('serial')
    .where('accountId', '=', accountId)
    .where('state', '=', 'installed')
    .executeTakeFirst()
  if (meter === undefined) return
  if (!isBack) {
    world.away.add(meter.serial)
    return
  }
  world.away.delete(meter.serial)
  await registers().back(meter.serial)
}
