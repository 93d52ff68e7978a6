/** Notices of the yearly review of deposits, and of a package change that leaves too much (policy "deposit"). */
export interface DepositNotices {
  'deposit-top-up-asked': {
    customerId: string
    heldMinor: number
    /** What the rule asks for now. */
    dueMinor: number
    /** What is asked for, in `parts` parts, one with each of the next bills. */
    topUpMinor: number
    parts: number
    currency: string
  }
  /** What the review asked for, and was not paid, is given up. */
  'deposit-top-up-waived': { customerId: string; waivedMinor: number; heldMinor: number; currency: string }
  'deposit-excess-credited': { customerId: string; creditedMinor: number; heldMinor: number; currency: string }
}
