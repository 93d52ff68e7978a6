import { type Static, Type } from '@fastify/type-provider-typebox'
import { DEPOSIT_STATES } from '../domain/cash-deposit.ts'
import { Actor, AmountMinor, Closed, Currency, IsoDate, IsoInstant, Line, MoneyMinor, Nullable, OneOf, Plant } from './schemas.ts'

/** Whose hand cash is in. */
export const Holder = Type.String({
  pattern: '^([a-z][a-z0-9._-]{1,31}|counter-[A-Z]{6})$',
  description: 'A log-in of staff, or `counter-` and the plant.',
  examples: ['asha'],
})
export const DepositId = Type.String({ pattern: '^[A-Z]{6}-B[0-9]{1,9}$', examples: ['BHKATS-B4'] })
export const SlipReference = Type.String({
  pattern: '^[A-Za-z0-9](?:[A-Za-z0-9/-]{0,38}[A-Za-z0-9])?$',
  description: 'The number on the bank’s slip. A slip is told of once.',
  examples: ['SLIP-0815'],
})
export const PhotoRef = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$',
  description: 'Where the photo of the slip is kept.',
})

export const CashView = Type.Object({
  holder: Holder,
  plant: Plant,
  currency: Currency,
  balanceMinor: MoneyMinor,
  ceilingMinor: MoneyMinor,
  overCeilingSince: Nullable(IsoInstant),
  shortMinor: Type.Integer({ description: 'What the holder owes for cash that was short.' }),
  since: Nullable(Type.String({ format: 'date-time', description: 'Since when the oldest of it is there.' })),
  bankBy: Nullable(Type.String({ format: 'date-time', description: 'When that must be in the bank.' })),
})

export const CashDayView = Type.Object({
  day: IsoDate,
  openingMinor: MoneyMinor,
  collectedMinor: MoneyMinor,
  floatMinor: Type.Unsafe<number>({ ...MoneyMinor, description: 'Drawn from the bank for this hand.' }),
  repaidMinor: Type.Unsafe<number>({ ...MoneyMinor, description: 'What other hands were short, paid back into this one.' }),
  handedInMinor: MoneyMinor,
  handedOutMinor: MoneyMinor,
  bankedMinor: MoneyMinor,
  returnedMinor: MoneyMinor,
  refundedMinor: MoneyMinor,
  shortageMinor: MoneyMinor,
  madeGoodMinor: MoneyMinor,
  overageMinor: MoneyMinor,
  closingMinor: MoneyMinor,
})

export const CountView = Type.Object({
  countId: Type.Integer(),
  holder: Holder,
  countedOn: IsoDate,
  countedBy: Actor,
  countedAt: IsoInstant,
  currency: Currency,
  bookMinor: MoneyMinor,
  countedMinor: MoneyMinor,
  shortageMinor: MoneyMinor,
  madeGoodMinor: MoneyMinor,
  overageMinor: MoneyMinor,
})

export const HandoverView = Type.Object({
  handoverId: Type.Integer(),
  plant: Plant,
  fromHolder: Holder,
  toHolder: Holder,
  amountMinor: MoneyMinor,
  currency: Currency,
  offeredBy: Actor,
  offeredAt: IsoInstant,
  expiresAt: IsoInstant,
  state: OneOf(['offered', 'accepted', 'refused', 'withdrawn', 'expired']),
  settledBy: Nullable(Actor),
  settledAt: Nullable(IsoInstant),
})

export const BankReference = Type.String({
  pattern: '^[A-Za-z0-9](?:[A-Za-z0-9/-]{0,38}[A-Za-z0-9])?$',
  description: 'What the bank’s statement calls it. Told of once.',
  examples: ['CHQ-000815'],
})

export const FloatView = Type.Object({
  floatId: Type.Integer(),
  plant: Plant,
  holder: Holder,
  amountMinor: MoneyMinor,
  currency: Currency,
  bankReference: Type.String(),
  givenBy: Actor,
  givenAt: IsoInstant,
  state: OneOf(
    ['given', 'accepted', 'refused', 'withdrawn'],
    '`given`: not in the hand, and nothing posted, until that side accepts it.',
  ),
  settledBy: Nullable(Actor),
  settledAt: Nullable(IsoInstant),
})

export const RepaymentView = Type.Object({
  repaymentId: Type.Integer(),
  plant: Plant,
  holder: Holder,
  intoHolder: Nullable(
    Type.Unsafe<string>({ ...Holder, description: 'The hand that took it; none where it was paid into the bank.' }),
  ),
  bankReference: Nullable(Type.String()),
  amountMinor: MoneyMinor,
  restMinor: Type.Integer({ description: 'What is still owed after it.' }),
  currency: Currency,
  receiptNumber: Type.String({ examples: ['BHKATS-S/2026-27/000001'] }),
  paidBy: Actor,
  receivedBy: Actor,
  receivedAt: IsoInstant,
})

export const DepositView = Type.Object({
  depositId: DepositId,
  plant: Plant,
  holder: Holder,
  declaredBy: Actor,
  declaredAt: IsoInstant,
  amountMinor: MoneyMinor,
  currency: Currency,
  slipReference: Type.String(),
  photoRef: Nullable(Type.String()),
  depositedOn: IsoDate,
  state: OneOf(DEPOSIT_STATES, '`declared`: in transit, all or a rest of it.'),
  creditedMinor: MoneyMinor,
  returnedMinor: MoneyMinor,
  shortMinor: MoneyMinor,
})

export const BankLineView = Type.Object({
  lineId: Type.Integer(),
  plant: Plant,
  bankAccount: Type.String(),
  bookedOn: IsoDate,
  reference: Type.String(),
  amountMinor: MoneyMinor,
  currency: Currency,
  depositId: Nullable(DepositId),
})

export const Reason = Line(500, 'Why; kept apart.')
export const Denominations = Type.Array(
  Closed({ faceMinor: AmountMinor, pieces: Type.Integer({ minimum: 0, maximum: 100_000 }) }),
  { maxItems: 30, description: 'Notes and coins; together they are what was counted.' },
)
export const CountedMinor = Type.Integer({
  minimum: 0,
  maximum: 1_000_000_000_000,
  description: 'What is there, in minor units.',
})

export type DepositShown = Static<typeof DepositView>
