import type { Migration } from 'kysely'
import * as places from './0001-places.ts'
import * as people from './0002-people.ts'
import * as accounts from './0003-accounts.ts'
import * as ledger from './0004-ledger.ts'
import * as charges from './0005-charges.ts'
import * as meters from './0006-meters.ts'
import * as processes from './0007-processes.ts'
import * as takingBack from './0008-taking-back.ts'
import * as corrections from './0009-corrections.ts'
import * as waiting from './0009-waiting.ts'
import * as paymentLives from './0010-payment-lives.ts'
import * as cash from './0011-cash.ts'
import * as papers from './0014-papers.ts'
import * as books from './0015-books.ts'
import * as staffNotices from './0016-staff-notices.ts'
import * as confirmedAmounts from './0017-confirmed-amounts.ts'
import * as moneyOut from './0018-money-out.ts'
import * as depositsAndPrices from './0019-deposits-and-prices.ts'
import * as returnsAndFloats from './0021-returns-and-floats.ts'
import * as meterConfirmations from './0023-meter-confirmations.ts'
import * as beginnings from './0024-beginnings.ts'
import * as lookups from './0025-lookups.ts'
import * as meterAccess from './0026-meter-access.ts'

/** Every migration by name, in order: listed, so that a stray file in the folder is never run. */
export const migrations: Record<string, Migration> = {
  '0001-places': places,
  '0002-people': people,
  '0003-accounts': accounts,
  '0004-ledger': ledger,
  '0005-charges': charges,
  '0006-meters': meters,
  '0007-processes': processes,
  '0008-taking-back': takingBack,
  '0009-corrections': corrections,
  '0009-waiting': waiting,
  '0010-payment-lives': paymentLives,
  '0011-cash': cash,
  '0014-papers': papers,
  '0015-books': books,
  '0016-staff-notices': staffNotices,
  '0017-confirmed-amounts': confirmedAmounts,
  '0018-money-out': moneyOut,
  '0019-deposits-and-prices': depositsAndPrices,
  '0021-returns-and-floats': returnsAndFloats,
  '0023-meter-confirmations': meterConfirmations,
  '0024-beginnings': beginnings,
  '0025-lookups': lookups,
  '0026-meter-access': meterAccess,
}
