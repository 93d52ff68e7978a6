import { Type } from '@fastify/type-provider-typebox'
import { AGE_BUCKETS } from '../domain/aging.ts'
import { AccountId, Currency, CustomerId, IsoDate, IsoInstant, MoneyMinor, Nullable, OneOf, Plant } from './schemas.ts'

const AccountClass = OneOf(['asset', 'liability', 'equity', 'income', 'expense'])
const Group = Type.String({ description: 'The word before the colon of the ledger accounts’ codes.', examples: ['receivable'] })
const NextCursor = Nullable(Type.String())
const head = { plants: Type.Array(Plant), currency: Currency, on: IsoDate }

const balance = {
  group: Group,
  class: AccountClass,
  debitMinor: MoneyMinor,
  creditMinor: MoneyMinor,
  balanceMinor: Type.Integer({ description: 'On the side the class grows on, in minor units.' }),
}

export const TrialBalanceBody = Type.Object({
  ...head,
  debitMinor: MoneyMinor,
  creditMinor: Type.Integer({ description: 'Equal to the debits.' }),
  items: Type.Array(Type.Object({ code: Type.Optional(Type.String()), ...balance })),
  nextCursor: NextCursor,
})

const aged = {
  buckets: Type.Object(Object.fromEntries(AGE_BUCKETS.map(({ bucket }) => [bucket, MoneyMinor])), {
    description: 'By days past the due date; what is not due yet is in the first.',
  }),
  notDueMinor: Type.Integer({ description: 'Of the first bucket: not due yet.' }),
  totalMinor: MoneyMinor,
  ledgerMinor: Type.Integer({ description: 'What the receivable accounts say: equal to the total, or there is a case.' }),
  creditMinor: Type.Integer({ description: 'Credit that is not put against anything; not set off here.' }),
}
const Standing = OneOf(['active', 'banned'])

export const ReceivablesBody = Type.Object({
  ...head,
  items: Type.Array(Type.Object({ standing: Standing, accounts: Type.Integer({ description: 'Accounts that owe.' }), ...aged })),
})

export const ReceivableAccountsBody = Type.Object({
  ...head,
  items: Type.Array(Type.Object({ accountId: AccountId, customerId: Nullable(CustomerId), standing: Standing, ...aged })),
  nextCursor: NextCursor,
})

export const CollectionsBody = Type.Object({
  plants: Type.Array(Plant),
  currency: Currency,
  from: IsoDate,
  to: IsoDate,
  receivedMinor: MoneyMinor,
  ledgerMinor: Type.Integer({ description: 'What was posted of payments in the range: equal to what was received.' }),
  items: Type.Array(
    Type.Object({
      service: Type.String({ description: 'Code on receipts (CHG, DEP …), `credit` or `suspense`.', examples: ['CHG'] }),
      channel: Type.String({ examples: ['cash'] }),
      amountMinor: MoneyMinor,
    }),
  ),
  bounced: Type.Array(Type.Object({ channel: Type.String(), amountMinor: MoneyMinor }), {
    description: 'Payments that came back in the range, whenever they were made; not taken off above.',
  }),
})

export const CashBody = Type.Object({
  ...head,
  cashMinor: MoneyMinor,
  items: Type.Array(
    Type.Object({
      holder: Type.String({ description: 'A log-in, or a plant’s counter.', examples: ['asha'] }),
      cashMinor: MoneyMinor,
      shortMinor: Type.Integer({ description: 'Owed by the holder for cash that was short.' }),
    }),
  ),
  nextCursor: NextCursor,
})

export const DepositsBody = Type.Object({
  ...head,
  heldMinor: Type.Integer({ description: 'The liability: the sum of all accounts.' }),
  items: Type.Array(Type.Object({ accountId: AccountId, customerId: Nullable(CustomerId), plant: Plant, heldMinor: MoneyMinor })),
  nextCursor: NextCursor,
})

const closing = {
  plant: Plant,
  businessDate: IsoDate,
  currency: Currency,
  lastPostingId: Type.Integer({ description: 'The last posting that is in it.' }),
  hash: Type.String({ description: 'SHA-256 over the figures and the hash before.' }),
  previousHash: Nullable(Type.String()),
  closedAt: IsoInstant,
}

export const ClosingRow = Type.Object(closing)

export const ClosingBody = Type.Object({
  ...closing,
  groups: Type.Array(
    Type.Object({
      group: Group,
      class: AccountClass,
      openingMinor: Type.Integer({ description: 'The closing of the day before.' }),
      lateMinor: Type.Integer({ description: 'Posted since then for days that were closed.' }),
      movements: Type.Record(Type.String(), Type.Integer(), { description: 'By kind of event.' }),
      closingMinor: MoneyMinor,
    }),
  ),
  late: Type.Array(
    Type.Object({
      postingId: Type.Integer(),
      eventKey: Type.String(),
      debit: Type.String(),
      credit: Type.String(),
      amountMinor: MoneyMinor,
      businessAt: IsoInstant,
      recordedAt: IsoInstant,
    }),
    { description: 'Posted for this day after it was closed, the first hundred: they stand in the closing of a later day.' },
  ),
})
