import { Type } from '@fastify/type-provider-typebox'
import { readBillRecords } from '../../db/queries/bill-records.ts'
import { findBillByNumber } from '../../db/queries/bills.ts'
import { disputeOfBill } from '../../db/queries/disputes.ts'
import { findVisibleAccount } from '../../db/queries/visibility.ts'
import { Note } from '../correction-schemas.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { principalOf } from '../principal.ts'
import { Actor, BillNumber, Closed, EnergyWh, IsoDate, IsoInstant, MoneyMinor, Nullable } from '../schemas.ts'
import { notFound } from '../visible.ts'
import { DisputePage, disputePage } from './disputes.ts'

const Count = Type.Integer({ minimum: 0 })
const Word = Type.String()

const Reading = Type.Object({
  readingId: Count,
  serial: Word,
  boundary: IsoDate,
  takenAt: IsoInstant,
  registerWh: EnergyWh,
  source: Word,
  state: Word,
  rules: Type.Array(Word),
  enteredBy: Actor,
  reviewedBy: Nullable(Actor),
  taskId: Nullable(Word),
  photoRef: Nullable(Word),
  corrects: Nullable(Type.Integer({ description: 'The reading it was put in the place of.' })),
})
const Delivery = Type.Object({
  notificationId: Count,
  kind: Word,
  channel: Word,
  state: Word,
  queuedAt: IsoInstant,
  sentAt: Nullable(IsoInstant),
  deliveredAt: Nullable(IsoInstant),
  taskId: Nullable(Word),
  carriedBy: Nullable(Word),
  carriedAt: Nullable(IsoInstant),
})
const Charge = Type.Object({
  chargeId: Count,
  kind: Word,
  source: Word,
  amountMinor: MoneyMinor,
  openMinor: MoneyMinor,
  lines: Type.Array(Type.Object({ line: Count, kind: Word, amountMinor: Type.Integer() })),
})
const Allocation = Type.Object({
  allocationId: Count,
  chargeId: Count,
  amountMinor: Type.Integer({ description: 'Below zero: taken off the charge again.' }),
  origin: Word,
  businessAt: IsoInstant,
  paymentId: Nullable(Count),
  provider: Nullable(Word),
  reference: Nullable(Word),
  channel: Nullable(Word),
  receiptNumber: Nullable(Word),
  state: Nullable(Word),
  receivedAt: Nullable(IsoInstant),
})
const Records = Type.Object({
  number: BillNumber,
  readings: Type.Array(Reading),
  deliveries: Type.Array(Delivery),
  charges: Type.Array(Charge),
  allocations: Type.Array(Allocation),
  notes: Type.Array(Note),
  dispute: Nullable(DisputePage),
})

/** Records settle it: everything that is known of a bill on one page, the same for customer and staff (issue 4, "Disputes"). */
export function billRecordRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/v1/bills/:number/records',
    {
      config: { action: 'accounts.read-money' },
      schema: {
        tags: ['Billing'],
        summary: 'A bill’s readings with their photos, who read and reviewed, its delivery, payments, notes and dispute',
        params: Closed({ number: BillNumber }),
        response: { 200: Records },
      },
    },
    async (request) => {
      const { number } = request.params
      const bill = await findBillByNumber(db, number)
      const account = bill && (await findVisibleAccount(db, principalOf(request), { accountId: bill.accountId }))
      const records = account && (await readBillRecords(db, number))
      if (records === undefined) throw notFound('bill')
      const dispute = await disputeOfBill(db, records.billId)
      return { number, ...records, dispute: dispute === undefined ? null : await disputePage({ db }, dispute) }
    },
  )
}
