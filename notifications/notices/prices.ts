/** Notices of a new price (policy "price change"). */
export interface PriceNotices {
  'price-announced': {
    customerId: string
    packageCode: string
    /** The first day it may count. */
    from: string
    fixedBeforeMinor: number
    /** What a unit costs now, in minor units; 0 where nothing is paid by the unit. */
    unitBeforeMinor: number
    fixedMinor: number
    unitMinor: number
    currency: string
  }
}
