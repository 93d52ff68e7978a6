/** A hand with cash in it, as notices name it: the log-in in capitals, or the counter. */
interface CashNotice {
  holderCode: string
  plantCode: string
  amountMinor: number
  currency: string
}

interface HandoverNotice {
  fromCode: string
  toCode: string
  plantCode: string
  amountMinor: number
  currency: string
}

interface FloatNotice extends CashNotice {
  bankReference: string
}

interface DepositNotice extends CashNotice {
  depositId: string
  slipReference: string
}

/** Notices to staff about the company's cash (policy "cash"). */
export interface CashNotices {
  'cash-over-ceiling': CashNotice & { ceilingMinor: number }
  /** Cash that should be in the bank; to its holder, and to the level above when it stays. */
  'cash-to-bank': CashNotice & { sinceOn: string; bankBy: string }
  'cash-shortage': CashNotice & { countedOn: string }
  'cash-overage': CashNotice & { countedOn: string }
  'cash-shortage-repaid': CashNotice & { restMinor: number; receiptNumber: string }
  /** Drawn from the bank for a hand. */
  'cash-float-given': FloatNotice
  'cash-float-accepted': FloatNotice
  /** The hand refused it, or head office took it back. */
  'cash-float-not-taken': FloatNotice
  'cash-handover-offered': HandoverNotice
  'cash-handover-accepted': HandoverNotice
  'cash-handover-refused': HandoverNotice
  'cash-handover-withdrawn': HandoverNotice
  /** Nobody has found it in the bank's statement yet. */
  'cash-deposit-unverified': DepositNotice & { depositedOn: string }
  'cash-deposit-verified': DepositNotice
  'cash-deposit-returned': DepositNotice
  'cash-deposit-short': DepositNotice
}
