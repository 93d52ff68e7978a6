import type { Labels } from '../labels.ts'
import type { Language } from '../language.ts'
import { labels as en } from '../locales/en/labels.ts'
import { labels as hi } from '../locales/hi/labels.ts'

/** The fixed words of a receipt. */
export interface ReceiptWording {
  readonly title: string
  readonly number: string
  readonly issuedOn: string
  readonly customerId: string
  readonly applicationId: string
  readonly payer: string
  readonly keptAsCredit: string
  readonly received: string
  readonly channel: string
  readonly remaining: string
  readonly credit: string
  readonly closing: string
  /** Where the payment came back. */
  readonly bounced: string
  readonly bouncedOn: string
}

/** The words of a receipt in each language. */
export const RECEIPT_WORDING: Readonly<Record<Language, ReceiptWording>> = {
  en: {
    title: 'PAYMENT RECEIPT',
    number: 'Receipt',
    issuedOn: 'Date',
    customerId: 'Customer ID',
    applicationId: 'Application',
    payer: 'Name',
    keptAsCredit: 'credit for later',
    received: 'Received',
    channel: 'Paid by',
    remaining: 'Balance due',
    credit: 'Credit',
    closing: 'Thank you. Please keep this receipt.',
    bounced: 'NOT PAID: this payment came back',
    bouncedOn: 'Came back',
  },
  hi: {
    title: 'भुगतान की रसीद',
    number: 'रसीद',
    issuedOn: 'तारीख',
    customerId: 'कस्टमर आईडी',
    applicationId: 'आवेदन',
    payer: 'नाम',
    keptAsCredit: 'आगे के लिए जमा',
    received: 'कुल मिले',
    channel: 'माध्यम',
    remaining: 'बकाया',
    credit: 'खाते में जमा',
    closing: 'धन्यवाद। कृपया यह रसीद सँभालकर रखें।',
    bounced: 'अमान्य: यह भुगतान वापस हो गया',
    bouncedOn: 'वापसी',
  },
}

/** The labels of charges and channels in each language. */
export const RECEIPT_LABELS: Readonly<Record<Language, Pick<Labels, 'charge' | 'channel'>>> = { en, hi }
