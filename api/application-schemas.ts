import { Type } from '@fastify/type-provider-typebox'
import { CUSTOMER_CATEGORIES } from '../domain/category.ts'
import { METER_KINDS } from '../domain/package.ts'
import { inDoubt, Reference } from './refund-schemas.ts'
import {
  AccountId,
  AmountMinor,
  Closed,
  Currency,
  CustomerId,
  FreeText,
  IsoDate,
  IsoInstant,
  Line,
  Login,
  MoneyMinor,
  Nullable,
  OneOf,
  PackageCode,
  Phone,
  Plant,
  Pole,
} from './schemas.ts'

// What is said to an application and what it says of itself.

export const IDENTITY_KINDS = ['voter-id', 'aadhaar', 'ration-card', 'driving-licence', 'passport', 'other'] as const
export const REFUSAL_REASONS = ['out-of-reach', 'no-capacity', 'identity-not-proved', 'earlier-debt', 'other'] as const
export const REFUND_METHODS = ['cash', 'upi', 'bank'] as const

const note = Type.Optional(FreeText)

export const NewApplication = Closed({
  plant: Plant,
  applicant: Type.Optional(
    Closed(
      { name: Line(200), nameHi: Type.Optional(Line(200)), phone: Type.Optional(Phone), language: OneOf(['en', 'hi']) },
      { description: 'Who wants it. Needed from staff, unless `personId` says who; a customer applies in the own name.' },
    ),
  ),
  personId: Type.Optional(
    Type.String({ pattern: '^[A-Za-z0-9-]{1,40}$', description: 'Somebody who is known already and wants another connection.' }),
  ),
  category: OneOf(CUSTOMER_CATEGORIES),
  address: Line(500),
})
export const Created = Type.Object({ applicationId: AccountId, workflowId: Type.String() })

export const Kyc = Closed({
  kind: OneOf(IDENTITY_KINDS),
  number: Type.String({
    minLength: 4,
    maxLength: 40,
    pattern: '^[0-9A-Za-z][0-9A-Za-z /-]*$',
    description: 'Kept sealed, only the last four are ever shown. Of an Aadhaar number only the last four digits are taken.',
  }),
  commitmentsGiven: Type.Boolean({ description: 'The customer has our commitments on paper.' }),
  text: note,
})
export const Package = Closed({
  code: PackageCode,
  pole: Pole,
  meterKind: Type.Optional(OneOf(METER_KINDS)),
  depositParts: Type.Optional(Type.Integer({ minimum: 1, maximum: 12 })),
  text: note,
})
export const To = Closed({ to: Login, text: note })
export const AnotherPole = Closed({ pole: Pole, text: note })
export const Note = Closed({ text: note })
export const Refusal = Closed({ reason: OneOf(REFUSAL_REASONS), text: note })
export const RefundPaid = Closed({
  method: OneOf(REFUND_METHODS),
  proof: Type.Optional(Reference),
  ...inDoubt,
  text: note,
})

export const Listed = Type.Object({
  applicationId: AccountId,
  plant: Plant,
  customerId: Nullable(CustomerId),
  origin: Type.String(),
  salesAgent: Nullable(Login),
  packageCode: Nullable(PackageCode),
  appliedAt: IsoInstant,
  deadlineAt: Nullable(IsoInstant),
  endedAs: Nullable(Type.String()),
  endedAt: Nullable(IsoInstant),
  stage: Nullable(Type.String()),
  waitingFor: Nullable(Type.String()),
  dueAt: Nullable(IsoInstant),
})

const Demand = Type.Object({
  kind: Type.String(),
  amountMinor: MoneyMinor,
  openMinor: MoneyMinor,
  dueOn: IsoDate,
  voidedAt: Nullable(IsoInstant),
  parts: Type.Array(MoneyMinor, { description: 'How it was agreed to be paid; any part from the plant’s least is taken.' }),
})
const Refund = Type.Object({
  refundId: Type.Integer(),
  amountMinor: AmountMinor,
  currency: Currency,
  state: Type.String(),
  method: Type.String(),
  approver: Type.String(),
  requestedAt: IsoInstant,
  paidAt: Nullable(IsoInstant),
})
export const ApplicationPage = Type.Object({
  application: Type.Object({
    applicationId: AccountId,
    plant: Plant,
    customerId: Nullable(CustomerId),
    origin: Type.String(),
    appliedAt: IsoInstant,
    salesAgent: Nullable(Login),
    kycAt: Nullable(IsoInstant),
    commitmentsGivenAt: Nullable(IsoInstant),
    packageCode: Nullable(PackageCode),
    packageVersion: Nullable(Type.Integer()),
    pole: Nullable(Pole),
    meterKind: Nullable(Type.String()),
    depositParts: Nullable(Type.Integer()),
    deadlineAt: Nullable(IsoInstant),
    extendedAt: Nullable(IsoInstant),
    endedAt: Nullable(IsoInstant),
    endedAs: Nullable(Type.String()),
  }),
  applicant: Type.Object({
    personId: Type.String(),
    name: Type.String(),
    nameHi: Nullable(Type.String()),
    phone: Nullable(Type.String()),
    language: Type.String(),
    category: Type.String(),
    address: Type.String(),
    identity: Type.Array(Type.Object({ kind: Type.String(), lastFour: Type.String() })),
  }),
  currency: Currency,
  demands: Type.Array(Demand),
  creditMinor: MoneyMinor,
  refunds: Type.Array(Refund),
  meter: Nullable(Type.Object({ serial: Type.String(), kind: Type.String(), state: Type.String() })),
  workflowId: Type.String(),
  stage: Nullable(Type.String()),
  waitingFor: Nullable(Type.String()),
  dueAt: Nullable(IsoInstant),
  outcome: Nullable(Type.String()),
  temporalUrl: Nullable(Type.String()),
})
