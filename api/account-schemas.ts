import { Type } from '@fastify/type-provider-typebox'
import { Note } from './correction-schemas.ts'
import { Process } from './process-view.ts'
import { AccountId, Actor, Currency, CustomerId, EnergyWh, IsoDate, IsoInstant, MoneyMinor, Nullable, Plant } from './schemas.ts'

const Count = Type.Integer({ minimum: 0 })

export const Charge = Type.Object({
  chargeId: Count,
  kind: Type.String(),
  source: Type.String(),
  nature: Type.String({ description: '`debt` is chased; `demand` is owed only by who wants it.' }),
  amountMinor: MoneyMinor,
  openMinor: MoneyMinor,
  currency: Currency,
  dueOn: IsoDate,
  issuedAt: IsoInstant,
  periodFrom: Nullable(IsoDate),
  periodTo: Nullable(IsoDate),
  voidedAt: Nullable(IsoInstant),
  voidReason: Nullable(Type.String()),
})

export const Bill = Type.Object({
  billId: Count,
  number: Type.String(),
  kind: Type.String(),
  source: Type.String(),
  issuedAt: IsoInstant,
  dueOn: IsoDate,
  totalMinor: MoneyMinor,
  outstandingBeforeMinor: MoneyMinor,
  creditBeforeMinor: MoneyMinor,
  currency: Currency,
})
export const BillDocument = Type.Object({
  ...Bill.properties,
  document: Type.Unknown({ description: 'The bill as issued: lines, readings, package, terms.' }),
})

export const Payment = Type.Object({
  paymentId: Count,
  provider: Type.String(),
  reference: Type.String(),
  channel: Type.String(),
  amountMinor: MoneyMinor,
  currency: Currency,
  state: Type.String(),
  collectedBy: Nullable(Type.String()),
  valueDate: IsoDate,
  receivedAt: IsoInstant,
  receiptNumber: Nullable(Type.String()),
  allocations: Type.Array(Type.Object({ chargeId: Count, amountMinor: MoneyMinor })),
})

export const Reading = Type.Object({
  readingId: Count,
  serial: Type.String(),
  takenAt: IsoInstant,
  boundary: Nullable(IsoDate),
  registerWh: EnergyWh,
  source: Type.String(),
  state: Type.String(),
  rules: Type.Array(Type.String()),
  enteredBy: Actor,
  reviewedBy: Nullable(Actor),
  taskId: Nullable(Type.String()),
})

export const Notice = Type.Object({
  notificationId: Count,
  kind: Type.String(),
  language: Type.String(),
  channel: Type.String(),
  state: Type.String(),
  queuedAt: IsoInstant,
  sentAt: Nullable(IsoInstant),
  deliveredAt: Nullable(IsoInstant),
  body: Nullable(Type.String()),
})

export const PostingRow = Type.Object({
  postingId: Count,
  eventKey: Type.String(),
  leg: Count,
  debit: Type.String(),
  credit: Type.String(),
  amountMinor: MoneyMinor,
  currency: Currency,
  businessAt: IsoInstant,
})

export const Account = Type.Object({
  accountId: AccountId,
  customerId: Nullable(CustomerId),
  plant: Plant,
  currency: Currency,
  closedAt: Nullable(IsoInstant),
})

export const Balances = Type.Object(
  {
    owedMinor: MoneyMinor,
    creditMinor: MoneyMinor,
    depositHeldMinor: MoneyMinor,
    unearnedMinor: MoneyMinor,
    activationHeldMinor: MoneyMinor,
    payingOutMinor: Type.Unsafe<number>({ ...MoneyMinor, description: 'Sent to the customer, and not known to have arrived.' }),
    unclaimedMinor: Type.Unsafe<number>({ ...MoneyMinor, description: 'Never fetched; paid whenever the customer comes.' }),
  },
  { description: 'By the ledger. Open demands (a deposit, an advance) are not owed: see the charges.' },
)

export const MovementLine = Type.Object(
  {
    at: IsoInstant,
    kind: Type.String(),
    chargeKind: Nullable(Type.String()),
    periodFrom: Nullable(IsoDate),
    channel: Nullable(Type.String()),
    number: Nullable(Type.String({ description: 'The bill, receipt or note.' })),
    amountMinor: MoneyMinor,
    balanceMinor: MoneyMinor,
  },
  { description: 'What moved the balance, and the balance after it: what is owed less credit, as on a statement.' },
)

const Terms = Type.Object({
  fromDate: IsoDate,
  toDate: Nullable(IsoDate),
  packageCode: Type.String(),
  packageVersion: Count,
  source: Type.String(),
})
const Hold = Type.Object({ reason: Type.String(), owner: Type.String(), placedAt: IsoInstant })
const Hours = {
  loadLimitW: Nullable(Count),
  activeFrom: Nullable(Type.String()),
  activeTo: Nullable(Type.String()),
  relay: Nullable(Type.String()),
}

export const Connection = Type.Object({
  customerId: CustomerId,
  pole: Type.String(),
  connectionNumber: Count,
  feeder: Type.String(),
  category: Type.String(),
  status: Type.String(),
  connectedOn: Nullable(IsoDate),
  leftOn: Nullable(IsoDate),
  supplyPackageCode: Type.String(),
  supplyPackageVersion: Count,
  holds: Type.Array(Hold, { description: 'Reasons that keep the supply off; live only when there is none.' }),
  terms: Type.Array(Terms),
})

export const InstalledMeter = Type.Object({
  serial: Type.String(),
  kind: Type.String(),
  installedAt: IsoInstant,
  startRegisterWh: EnergyWh,
  desired: Nullable(Type.Object({ version: Count, ...Hours, source: Type.String(), businessAt: IsoInstant })),
  reported: Nullable(
    Type.Object({
      version: Count,
      ...Hours,
      online: Type.Boolean(),
      refusedVersion: Nullable(Count),
      refusalReason: Nullable(Type.String()),
      reportedAt: Nullable(IsoInstant),
      lastSeenAt: Nullable(IsoInstant),
    }),
  ),
})

export const AccountPage = Type.Object({
  account: Account,
  holder: Type.Object({
    personId: Type.String(),
    name: Type.String(),
    nameHi: Nullable(Type.String()),
    phone: Nullable(Type.String()),
    language: Type.String(),
  }),
  connection: Nullable(Connection),
  meter: Nullable(InstalledMeter),
  readings: Type.Array(Reading),
  processes: Type.Array(Process),
  money: Nullable(
    Type.Object({
      balances: Balances,
      movements: Type.Array(MovementLine, { description: 'Newest first, with the running balance.' }),
      charges: Type.Array(Charge),
      bills: Type.Array(Bill),
      payments: Type.Array(Payment),
      notes: Type.Array(Note),
    }),
  ),
  notices: Nullable(Type.Array(Notice)),
})
