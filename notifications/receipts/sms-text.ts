import { dateAt } from '../../domain/calendar.ts'
import type { Language } from '../language.ts'
import type { Receipt } from '../receipt.ts'
import { keptAsCreditMinor, receiptReference } from '../receipt.ts'
import type { SmsSegments } from '../sms.ts'
import { smsBody, smsSegments } from '../sms.ts'
import { renderNotice } from '../texts.ts'

export interface SmsReceipt extends SmsSegments {
  readonly body: string
}

/** A receipt as an SMS with the number of segments it costs. The text is that of the notice `payment-received`; no name. */
export function smsReceipt(receipt: Receipt, { language }: { language: Language }): SmsReceipt {
  keptAsCreditMinor(receipt)
  if (receipt.bouncedAt) return reversed(receipt, language)
  const { body: text } = renderNotice({
    kind: 'payment-received',
    language,
    params: {
      reference: receiptReference(receipt),
      receiptNumber: receipt.number,
      receivedOn: dateAt(receipt.issuedAt, receipt.zone),
      amountMinor: receipt.amountMinor,
      currency: receipt.currency,
      channel: receipt.channel,
      paidFor: receipt.paidFor,
      remainingMinor: receipt.remainingMinor,
      creditMinor: receipt.creditMinor,
    },
  })
  const body = smsBody(text)
  return { body, ...smsSegments(body) }
}

/** Whoever asks for the receipt of a payment that came back is told that. */
function reversed(receipt: Receipt, language: Language): SmsReceipt {
  const { number: receiptNumber, amountMinor, remainingMinor, currency } = receipt
  const params = { reference: receiptReference(receipt), receiptNumber, amountMinor, remainingMinor, currency }
  const body = smsBody(renderNotice({ kind: 'payment-reversed', language, params }).body)
  return { body, ...smsSegments(body) }
}
