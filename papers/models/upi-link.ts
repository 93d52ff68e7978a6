import { formatAmount } from '../../notifications/money-words.ts'

// NPCI: name, at sign, handle.
const ADDRESS = /^[A-Za-z0-9._-]{2,256}@[A-Za-z]{2,64}$/

/**
 * A link that opens any UPI app with the payment filled in (NPCI UPI linking specification 1.6): payee, amount, the customer ID as the
 * reference that comes back with the money, the bill number as the note. Null where there is nothing to pay, no address, or no rupees.
 */
export function upiLink(payment: {
  payee: string
  payeeName: string
  amountMinor: number
  currency: string
  reference: string
  note: string
}): string | null {
  const { payee, payeeName, amountMinor, currency, reference, note } = payment
  if (!ADDRESS.test(payee) || amountMinor <= 0 || currency !== 'INR') return null
  const fields = {
    pa: payee,
    pn: payeeName,
    am: formatAmount(amountMinor, currency).replaceAll(',', ''),
    cu: currency,
    tr: reference,
    tn: note,
  }
  // Apps read %20, not +; and the at sign as it is.
  const query = Object.entries(fields).map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll('%40', '@')}`)
  return `upi://pay?${query.join('&')}`
}
