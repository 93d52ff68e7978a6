import type { Posting } from '../../domain/ledger.ts'
import {
  afterRefundEvent,
  placeOf,
  type RefundEvent,
  type RefundMoney,
  type RefundState,
  restOfRefund,
} from '../../domain/pay-out.ts'
import type { RefundKind } from '../../domain/refund.ts'
import {
  postRefundArrived,
  postRefundFailed,
  postRefundKeptApart,
  postRefundPaid,
  postRefundReturned,
  postRefundSent,
} from '../../domain/refund-postings.ts'

type Row = Readonly<Record<string, string>>

const OWNER = { plant: 'P', accountId: 'A' }

/** What the columns of the tables about money that goes out mean (docs/billing-rules.md). */
export const MONEY_OUT_RUNNERS: Readonly<Record<string, (row: Row) => Record<string, string>>> = {
  'What becomes of a refund': (row) => {
    const [state = '', apart] = (row['so far'] ?? '').split(', ')
    const before: RefundMoney = {
      state: state as RefundState,
      amountMinor: minor(row.asked),
      lapsedMinor: 0,
      isApart: state === 'unclaimed' || apart === 'once apart',
    }
    const is = row.then as RefundEvent['is']
    const after = afterRefundEvent(before, { is, heldMinor: minor(row.held) })
    return {
      state: after.state,
      lapsed: rupees(after.lapsedMinor),
      postings: refundPostings(before, after, { is, kind: row.kind as RefundKind })
        .map(({ debit, credit, amountMinor }) => `${debit} → ${credit} ${rupees(amountMinor)}`)
        .join('; '),
    }
  },
}

/** What the books say of an event of a refund of account A at plant P, paid out of the bank. */
export function refundPostings(
  before: RefundMoney,
  after: RefundMoney,
  { is, kind }: { is: RefundEvent['is']; kind: RefundKind },
): Posting[] {
  const part = { place: placeOf({ kind, isApart: before.isApart }), amountMinor: restOfRefund(after) }
  if (is === 'paid') return postRefundPaid(OWNER, { ...part, from: 'bank:P' })
  if (is === 'sent') return postRefundSent(OWNER, part)
  if (is === 'arrived') return postRefundArrived(OWNER, part)
  if (is === 'failed') return postRefundFailed(OWNER, part)
  if (is === 'returned') return postRefundReturned(OWNER, part)
  return is === 'kept-apart' ? postRefundKeptApart(OWNER, { place: kind, amountMinor: part.amountMinor }) : []
}

/** Rupees as written, in paise. */
function minor(text: string | undefined): number {
  return text === undefined || text === '–' ? 0 : Math.round(Number(text) * 100)
}

function rupees(amountMinor: number): string {
  return (amountMinor / 100).toFixed(2)
}
