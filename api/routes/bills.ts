import { Type } from '@fastify/type-provider-typebox'
import { findBillByNumber } from '../../db/queries/bills.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { AccountId, Closed, Currency, IsoDate, IsoInstant, MoneyMinor } from '../schemas.ts'
import { notFound, visibleAccount } from '../visible.ts'

const params = Closed({ number: Type.String({ pattern: '^[A-Z]{6}-[A-Z]-[0-9]{6,12}$', examples: ['BHKATS-B-000123'] }) })

const BillPage = Type.Object({
  number: Type.String(),
  accountId: AccountId,
  kind: Type.String(),
  issuedAt: IsoInstant,
  dueOn: IsoDate,
  totalMinor: MoneyMinor,
  openMinor: MoneyMinor,
  currency: Currency,
  document: Type.Unknown({ description: 'The bill as issued: packages, registers, lines, what else was outstanding.' }),
})

/** Bills by their number; a customer sees only their own. */
export function billRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/v1/bills/:number',
    {
      config: { action: 'accounts.read-money' },
      schema: { tags: ['Billing'], summary: 'A bill as issued, and what is open of it', params, response: { 200: BillPage } },
    },
    async (request) => {
      const bill = await findBillByNumber(db, request.params.number)
      if (bill === undefined) throw notFound('bill')
      await visibleAccount(db, request, { accountId: bill.accountId }).catch(() => {
        throw notFound('bill')
      })
      return bill
    },
  )
}
