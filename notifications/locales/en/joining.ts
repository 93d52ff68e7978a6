import type { JoiningNotices } from '../../notices/joining.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date, days, list } = wordsIn('en')

/** English texts of onboarding. */
export const joining: TextsOf<JoiningNotices> = {
  'application-received': (p) => ({
    subject: 'Application received',
    body: `We have received your application for a connection. Its number is ${p.applicationId}: please give it whenever you pay or ask.`,
  }),
  'application-needs-kyc': (p) => ({
    subject: 'Details needed',
    body: sentences(
      p.missing.length > 0 &&
        `For application ${p.applicationId} we still need ${list(p.missing.map((item) => labels.kycItem[item]))}.`,
      p.missing.length === 0 && `For application ${p.applicationId} we still need your details and an identity proof.`,
      'Our agent will help you.',
    ),
  }),
  'supplier-commitments': (p) => ({
    subject: 'Our commitments to you',
    body: sentences(
      `Our commitments to you, ${p.reference}:`,
      '1. You get a receipt for every payment.',
      `2. If you have no supply and tell us, we attend to it within ${days(p.noSupplyDays)}.`,
      `3. We never cut your supply for unpaid dues without a written notice and ${days(p.noticeClearDays)} to pay after it.`,
      `4. When you leave, your security deposit, less any dues, comes back within ${days(p.depositRefundDays)} of the final bill.`,
      '5. You may see your bills and payments at any time.',
    ),
  }),
  'deposit-and-activation-demanded': (p) => ({
    subject: 'Security deposit and activation charge',
    body: sentences(
      `Please pay ${money(p.totalMinor, p.currency)} by ${date(p.payBy)} for package ${p.packageId}:`,
      p.depositMinor > 0 && p.activationMinor > 0
        ? `security deposit ${money(p.depositMinor, p.currency)}, activation charge ${money(p.activationMinor, p.currency)}.`
        : p.depositMinor > 0
          ? `security deposit ${money(p.depositMinor, p.currency)}.`
          : `activation charge ${money(p.activationMinor, p.currency)}.`,
      `You may pay in parts. Payment reference: ${p.applicationId}.`,
    ),
  }),
  'demand-reminder': (p) => ({
    subject: 'Payment reminder',
    body: `${money(p.remainingMinor, p.currency)} is still to be paid for ${list(p.forWhat.map((kind) => labels.charge[kind]))}. Please pay by ${date(p.payBy)}. Payment reference: ${p.reference}.`,
  }),
  'part-payment-received': (p) => ({
    subject: 'Part payment received',
    body: `We have received ${money(p.amountMinor, p.currency)} for ${p.reference}, receipt ${p.receiptNumber}. Still to be paid: ${money(p.remainingMinor, p.currency)} by ${date(p.payBy)}.`,
  }),
  'demand-settled': (p) => ({
    subject: 'Paid in full',
    body: `Thank you. The ${list(p.forWhat.map((kind) => labels.charge[kind]))} of ${money(p.amountMinor, p.currency)} for ${p.reference} is paid in full.`,
  }),
  'demand-deadline-extended': (p) => ({
    subject: 'More time to pay',
    body: `You now have until ${date(p.payBy)} to pay the remaining ${money(p.remainingMinor, p.currency)}. Payment reference: ${p.reference}.`,
  }),
  'application-cancelled': (p) => ({
    subject: 'Application cancelled',
    body: sentences(
      `Application ${p.applicationId} has been cancelled ${labels.applicationEnd[p.reason]}.`,
      p.refundMinor > 0 && `The ${money(p.refundMinor, p.currency)} you paid will be returned to you.`,
      'You may apply again at any time.',
    ),
  }),
  'application-refused': (p) => ({
    subject: 'Application refused',
    body: sentences(
      `We are sorry: application ${p.applicationId} was refused: ${labels.applicationRefusal[p.reason]}.`,
      p.note !== undefined && `Remark: ${p.note}`,
      p.refundMinor > 0 && `The ${money(p.refundMinor, p.currency)} you paid will be returned to you.`,
    ),
  }),
  'account-created': (p) => ({
    subject: 'Your customer ID',
    body: `Your account is ready. Your customer ID is ${p.customerId} (application ${p.applicationId}), package ${p.packageId}. Please give this ID whenever you pay. Next we install your meter.`,
  }),
  'installation-scheduled': (p) => ({
    subject: 'Meter installation',
    body: `Our technician will come on ${date(p.visitOn)} to install the meter for ${p.customerId}. Please let someone be at home.`,
  }),
  'installation-delayed': (p) => ({
    subject: 'Meter installation delayed',
    body: `We are sorry: the meter for ${p.customerId} could not be installed yet. Our technician will now come on ${date(p.visitOn)}.`,
  }),
  'installation-waits': (p) => ({
    subject: 'Meter installation waits',
    body: `Your payment came back, so the meter for ${p.customerId} is not installed yet. Please pay ${money(p.remainingMinor, p.currency)} by ${date(p.payBy)}; then our technician comes.`,
  }),
  'connection-active': (p) => ({
    subject: 'Your connection is active',
    body: `Your connection ${p.customerId} is active from ${date(p.activeFrom)}. Package ${p.packageId}: supply ${labels.timing[p.timing]}, at most ${p.loadLimitW} W. The wires are now live.`,
  }),
}
