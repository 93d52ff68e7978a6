// Who plays which part in the village. Everybody else lives by chance (people/habits.ts).

/** The plant's first moment: the 1st of July 2026, midnight. */
export const STARTS_AT = '2026-06-30T18:30:00.000Z'

/** Customers of the import with a part of their own, and with a log-in. */
export const CAST = {
  /**
   * Came with old dues. Half of them paid in July puts the cut off, then the fair is on, then the notice is too old and is given
   * again: cut in the middle of August, pays all the day after and is lit again.
   */
  cutAndLit: 'BHKATS02401',
  /** Asks for the bigger package; the request waits for the newcomer who tries the demo as cluster in-charge. Others follow. */
  wantsMoreAndWaits: 'BHKATS01301',
  /** Asks for a package beyond what the village can give, and is refused. */
  wantsTooMuch: 'BHKATS02701',
  /** Asks for the bigger package, pays the difference, and the meter is programmed. */
  wantsMoreAndGetsIt: 'BHKATS01001',
  /** Leaves in July and gets the deposit back. */
  leaves: 'BHKATS00102',
  /** Whose meter is away for twelve days around the end of July. */
  meterIsAway: 'BHKATS01701',
  /** Pays in full on the first day, by wallet. */
  paysByWallet: 'BHKATS00101',
} as const

/** Households that join. Names and phones are made up. */
export const NEWCOMERS = {
  /** Pays half of deposit and activation charge, and waits for the harvest; asks again when the time for it has run out. */
  halfPaid: { name: 'Kamla Devi', nameHi: 'कमला देवी', phone: '+915559000001', pole: '004', address: 'Tola 1, Katsa' },
  /** Pays in two parts and is connected. */
  joins: { name: 'Raju Mahto', nameHi: 'राजू महतो', phone: '+915559000002', pole: '015', address: 'Tola 2, Katsa' },
} as const

/** When the meter that is away does not answer: longer than the plant waits for it, so that its bill of July is estimated. */
export const AWAY = { from: '2026-07-27T06:00:00.000Z', to: '2026-08-08T12:00:00.000Z' } as const

/** Days on which nobody of the village is cut or visited (policy "calendar"). */
export const PROTECTED_DAYS = [
  { day: '2026-07-28', reason: 'Fair of Sawan' },
  { day: '2026-07-29', reason: 'Fair of Sawan' },
  { day: '2026-07-30', reason: 'Fair of Sawan' },
  { day: '2026-08-15', reason: 'Independence Day' },
] as const

/** Customers who can log in. */
export const CUSTOMERS_WITH_LOG_IN: readonly string[] = Object.values(CAST)
