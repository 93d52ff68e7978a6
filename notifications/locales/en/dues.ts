import type { DuesNotices } from '../../notices/dues.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date, days, period } = wordsIn('en')

const howToPay = (customerId: string): string => `Pay our agent, at our office or by wallet; reference ${customerId}.`

/** English texts of collection and of the supply itself. */
export const dues: TextsOf<DuesNotices> = {
  'due-soon-reminder': (p) => ({
    subject: 'Payment due soon',
    body: `${money(p.remainingMinor, p.currency)} for ${p.customerId} is due in ${days(p.daysLeft)}, on ${date(p.dueOn)}. If you have paid, thank you.`,
  }),
  'due-today-reminder': (p) => ({
    subject: 'Payment due today',
    body: `${money(p.remainingMinor, p.currency)} for ${p.customerId} is due today, ${date(p.dueOn)}. If you have paid, thank you.`,
  }),
  'disconnection-notice': (p) => ({
    subject: 'Written notice of disconnection',
    body: sentences(
      `Notice ${p.noticeNumber} for ${p.customerId}: ${money(p.remainingMinor, p.currency)} has been overdue since ${date(p.dueOn)}.`,
      `If it is not paid, your supply may be disconnected on or after ${date(p.notBefore)}.`,
      howToPay(p.customerId),
      'If you need more time, or if the bill is wrong, please tell our agent before that day.',
    ),
  }),
  'disconnection-warning': (p) => ({
    subject: 'Last warning before disconnection',
    body: `${money(p.remainingMinor, p.currency)} for ${p.customerId} is still unpaid. Your supply will be cut on ${date(p.cutOn)} unless you pay before. ${howToPay(p.customerId)}`,
  }),
  'promise-noted': (p) => ({
    subject: 'Promise noted',
    body: `We have noted that you will pay ${money(p.remainingMinor, p.currency)} for ${p.customerId} by ${date(p.promisedFor)}. Until then your supply is not cut.`,
  }),
  'promise-broken': (p) => ({
    subject: 'Promise not kept',
    body: `You promised to pay by ${date(p.promisedFor)}, but ${money(p.remainingMinor, p.currency)} for ${p.customerId} is still unpaid. Please pay now, or your supply may be cut.`,
  }),
  'plan-agreed': (p) => ({
    subject: 'Payment plan agreed',
    body: sentences(
      `It is agreed that ${money(p.remainingMinor, p.currency)} for ${p.customerId} is paid in ${p.parts.length} parts: ${p.parts
        .map(({ dueOn, amountMinor }) => `${money(amountMinor, p.currency)} by ${date(dueOn)}`)
        .join('; ')}.`,
      'As long as each part comes in time, your supply is not cut for this debt.',
    ),
  }),
  'plan-refused': (p) => ({
    subject: 'Payment plan not agreed',
    body: `The parts proposed for the ${money(p.remainingMinor, p.currency)} of ${p.customerId} could not be agreed. Please talk to our agent. ${howToPay(p.customerId)}`,
  }),
  'plan-part-due': (p) => ({
    subject: 'Part of your payment plan is due',
    body: `Part ${p.part} of ${p.parts} of your payment plan for ${p.customerId}, ${money(p.remainingMinor, p.currency)}, is due on ${date(p.dueOn)}. If you have paid, thank you.`,
  }),
  'plan-broken': (p) => ({
    subject: 'Payment plan not kept',
    body: `The part of your payment plan due on ${date(p.dueOn)} was not paid, so the plan has ended. ${money(p.remainingMinor, p.currency)} for ${p.customerId} is due now. Please pay, or your supply may be cut.`,
  }),
  'supply-cut': (p) => ({
    subject: 'Supply switched off',
    body: sentences(
      `The supply of ${p.customerId} has been switched off because ${labels.cut[p.reason]}.`,
      p.remainingMinor > 0 && `Please pay ${money(p.remainingMinor, p.currency)} to get it back. ${howToPay(p.customerId)}`,
      p.reconnectionFeeMinor > 0 &&
        `A reconnection fee of ${money(p.reconnectionFeeMinor, p.currency)} comes with your next bill.`,
      'Treat all wires as live.',
    ),
  }),
  'supply-restored': (p) => ({
    subject: 'Supply restored',
    body: `The supply of ${p.customerId} is on again since ${date(p.restoredOn)}. The wires are live.`,
  }),
  'reconnection-fee-charged': (p) => ({
    subject: 'Reconnection fee',
    body: `A reconnection fee of ${money(p.feeMinor, p.currency)} for ${p.customerId} will be on your bill for ${period(p.period)}.`,
  }),
  'prepaid-lapsed': (p) => ({
    subject: 'Supply stopped: advance not paid',
    body: `The advance for ${p.customerId}, ${period(p.period)}, was not paid, so the supply has stopped. Pay ${money(p.remainingMinor, p.currency)} and it comes back; days without supply are not charged. Treat all wires as live.`,
  }),
  'deposit-draw-announced': (p) => ({
    subject: 'Your deposit will be used',
    body: `${money(p.remainingMinor, p.currency)} for ${p.customerId} is unpaid. If it stays so, we take it from your security deposit of ${money(p.depositMinor, p.currency)} on ${date(p.drawOn)}.`,
  }),
  'deposit-drawn': (p) => ({
    subject: 'Your deposit was used',
    body: sentences(
      `We have taken ${money(p.drawnMinor, p.currency)} from the security deposit of ${p.customerId} for unpaid dues.`,
      `Deposit left: ${money(p.depositLeftMinor, p.currency)}.`,
      p.remainingMinor > 0 ? `Still due: ${money(p.remainingMinor, p.currency)}.` : 'Nothing more is due.',
    ),
  }),
}
