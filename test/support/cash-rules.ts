import { assertRoom, cashSince, judgeCount, restOfShortage } from '../../domain/cash.ts'
import { creditOf, proposeMatches } from '../../domain/cash-deposit.ts'
import {
  postBanked,
  postCounted,
  postDeposited,
  postDepositReturned,
  postDepositShort,
  postFloat,
  postHandedOver,
  postRepaid,
} from '../../domain/cash-postings.ts'
import type { Posting } from '../../domain/ledger.ts'
import { KATSA_POLICY_V1 as policy } from '../../domain/policy.ts'

type Row = Readonly<Record<string, string>>

const HELD = { plant: 'P', holder: 'asha' }

/** What the columns of the tables about cash mean (docs/billing-rules.md). */
export const CASH_RUNNERS: Readonly<Record<string, (row: Row) => Record<string, string>>> = {
  'A count of cash': (row) => {
    const counted = { bookMinor: minor(row.book), countedMinor: minor(row.counted), shortBeforeMinor: minor(row['short before']) }
    const verdict = judgeCount(counted)
    return {
      shortage: rupees(verdict.shortageMinor),
      'made good': rupees(verdict.madeGoodMinor),
      overage: rupees(verdict.overageMinor),
      postings: postings(postCounted(HELD, verdict)),
    }
  },
  'Cash from the bank': (row) => {
    const amountMinor = minor(row.given)
    assertRoom({ amountMinor, balanceMinor: minor(row['in hand']) }, policy)
    return { 'room for it': 'yes', postings: postings(postFloat(HELD, amountMinor)) }
  },
  'A shortage paid back': (row) => {
    const amountMinor = minor(row.paid)
    const restMinor = restOfShortage({ amountMinor, shortMinor: minor(row.short) })
    const into = row.into === 'bank' ? null : (row.into ?? '')
    return { 'still owed': rupees(restMinor), postings: postings(postRepaid(HELD, { into, amountMinor })) }
  },
  'How old cash in hand is': (row) => {
    const lots = (row.came ?? '').split(', ').map((text) => {
      const [day = '', amount = ''] = text.split(' ')
      return { since: `${day}T06:00:00.000Z`, amountMinor: minor(amount) }
    })
    return { 'oldest of': cashSince(lots, minor(row['in hand']))?.slice(0, 10) ?? 'nothing' }
  },
  'Cash on its way': (row) => ({ postings: postings(happened(row.event ?? '', minor(row.amount), minor(row['on its way']))) }),
  'Finding a deposit at the bank': (row) => {
    const [day = '', amount = '', reference = ''] = (row.deposit ?? '').split(' ')
    const [bookedOn = '', lineAmount = '', ...words] = (row.line ?? '').split(' ')
    const deposit = { depositId: 'B1', slipReference: reference, depositedOn: day, restMinor: minor(amount) }
    const line = { lineId: 1, bookedOn, reference: words.join(' '), amountMinor: minor(lineAmount) }
    return { proposed: proposeMatches([deposit], [line], policy)[0]?.strength ?? 'no' }
  },
}

function happened(event: string, amountMinor: number, restMinor: number): Posting[] {
  const events: Readonly<Record<string, () => Posting[]>> = {
    'handed to the counter': () => postHandedOver({ from: 'asha', to: 'counter-P', amountMinor }),
    'said to be banked': () => postDeposited(HELD, amountMinor),
    'credited by the bank': () => postBanked('P', creditOf(amountMinor, restMinor)),
    'never seen by the bank, in hand again': () => postDepositReturned(HELD, amountMinor),
    'never seen by the bank, nobody has it': () => postDepositShort(HELD, amountMinor),
  }
  const made = events[event]
  if (made === undefined) throw new Error(`no event "${event}"`)
  return made()
}

/** Rupees as written, in paise. */
function minor(text = ''): number {
  const [whole = '0', paise = ''] = (text === '–' ? '0' : text).split('.')
  return Number(whole) * 100 + Number(paise.padEnd(2, '0'))
}

function rupees(amountMinor: number): string {
  return `${Math.floor(amountMinor / 100)}.${String(amountMinor % 100).padStart(2, '0')}`
}

function postings(made: readonly Posting[]): string {
  return made.map(({ debit, credit, amountMinor }) => `${debit} → ${credit} ${rupees(amountMinor)}`).join('; ')
}
