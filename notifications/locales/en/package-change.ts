import type { PackageChangeNotices } from '../../notices/package-change.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date } = wordsIn('en')

const keptAsCredit = (creditMinor: number, currency: string): string | false =>
  creditMinor > 0 && `The ${money(creditMinor, currency)} you paid stays as credit on your account.`

/** English texts of a package change. */
export const packageChange: TextsOf<PackageChangeNotices> = {
  'package-change-requested': (p) => ({
    subject: 'Package change requested',
    body: `We have received request ${p.requestId} to change ${p.customerId} from package ${p.fromPackageId} to ${p.toPackageId}. We will tell you when it is decided.`,
  }),
  'package-change-approved': (p) => ({
    subject: 'Package change approved',
    body: sentences(
      `Request ${p.requestId} for ${p.customerId} is approved: package ${p.toPackageId}.`,
      p.effectiveFrom === null
        ? 'It takes effect as soon as everything is paid and the meter is set.'
        : `It takes effect from ${date(p.effectiveFrom)}.`,
    ),
  }),
  'package-change-refused': (p) => ({
    subject: 'Package change refused',
    body: sentences(
      `We are sorry: request ${p.requestId} for package ${p.toPackageId} (${p.customerId}) was refused: ${labels.packageRefusal[p.reason]}.`,
      p.note !== undefined && `Remark: ${p.note}`,
    ),
  }),
  'package-change-withdrawn': (p) => ({
    subject: 'Package change withdrawn',
    body: sentences(
      `Request ${p.requestId} for ${p.customerId} has been withdrawn. Your package stays.`,
      keptAsCredit(p.creditMinor, p.currency),
    ),
  }),
  'package-difference-due': (p) => ({
    subject: 'Package difference due',
    body: `For package change ${p.requestId} please pay ${money(p.amountMinor, p.currency)} by ${date(p.payBy)}. Payment reference: ${p.customerId}.`,
  }),
  'package-change-applied': (p) => ({
    subject: 'New package set',
    body: `${p.customerId} now has package ${p.packageId}: supply ${labels.timing[p.timing]}, at most ${p.loadLimitW} W. The new price counts from ${date(p.priceFrom)}. Request ${p.requestId} is done.`,
  }),
  'package-change-failed': (p) => ({
    subject: 'Package change failed',
    body: sentences(
      `We are sorry: request ${p.requestId} for ${p.customerId} failed: ${labels.packageFailure[p.reason]}.`,
      `Package ${p.packageId} and its price stay.`,
      keptAsCredit(p.creditMinor, p.currency),
    ),
  }),
  'package-change-expired': (p) => ({
    subject: 'Package change expired',
    body: sentences(
      `Request ${p.requestId} for ${p.customerId} has expired because it was not paid in time. Package ${p.packageId} stays.`,
      keptAsCredit(p.creditMinor, p.currency),
    ),
  }),
}
