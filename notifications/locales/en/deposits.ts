import type { DepositNotices } from '../../notices/deposits.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'

const { money } = wordsIn('en')

/** English texts of the review of deposits. */
export const deposits: TextsOf<DepositNotices> = {
  'deposit-top-up-asked': (p) => ({
    subject: 'Your deposit is to be raised',
    body: sentences(
      `We have looked at the security deposit of ${p.customerId}: we hold ${money(p.heldMinor, p.currency)}, and ${money(p.dueMinor, p.currency)} fits your monthly bill.`,
      p.parts > 1
        ? `The missing ${money(p.topUpMinor, p.currency)} comes in ${p.parts} parts with your next bills.`
        : `The missing ${money(p.topUpMinor, p.currency)} comes with your next bill.`,
      'Your supply is not cut for it. The deposit stays your money.',
    ),
  }),
  'deposit-top-up-waived': (p) => ({
    subject: 'Your deposit need not be raised',
    body: sentences(
      `You need not pay the ${money(p.waivedMinor, p.currency)} that were still asked for the security deposit of ${p.customerId}.`,
      `We hold ${money(p.heldMinor, p.currency)} as your deposit.`,
    ),
  }),
  'deposit-excess-credited': (p) => ({
    subject: 'Part of your deposit comes back',
    body: sentences(
      `The security deposit of ${p.customerId} is larger than it needs to be: ${money(p.creditedMinor, p.currency)} of it is now credit for your bills.`,
      `We still hold ${money(p.heldMinor, p.currency)} as your deposit.`,
    ),
  }),
}
