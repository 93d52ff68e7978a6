import type { BillDocument } from '../domain/bill-document.ts'
import type { Movement } from '../domain/movements.ts'
import type { Language } from '../notifications/language.ts'
import type { Receipt } from '../notifications/receipt.ts'
import type { Paper } from './document.ts'
import { billPaper } from './models/bill.ts'
import { commitmentsPaper } from './models/commitments.ts'
import { depositCertificate } from './models/deposit-certificate.ts'
import type { PaperHead } from './models/head.ts'
import { type NoteFacts, notePaper } from './models/note.ts'
import { receiptPaper } from './models/receipt.ts'
import { statementPaper } from './models/statement.ts'
import { movementsOfAYear } from './year-examples.ts'

const ZONE = 'Asia/Kolkata'

export const head: PaperHead = {
  plant: 'BHKATS',
  plantName: 'Katsa',
  zone: ZONE,
  currency: 'INR',
  accountId: 'BHKATS-A0042',
  customerId: 'BHKATS01112',
  holder: { name: 'Savitri Devi', nameHi: 'सावित्री देवी' },
  supplier: {
    supplierName: 'Katsa Minigrid',
    supplierNameHi: 'कटसा मिनी-ग्रिड',
    phone: '+91 00000 00000',
    upiAddress: 'katsa.minigrid@example',
  },
}

// Of the bill below: 519 and the earlier 120 less 20 of credit are electricity, 50 the fee; 700 − 669 = 31 are kept.
const receipt: Receipt = {
  number: 'BHKATS-R/2026-27/000077',
  series: 'BHKATS-R/2026-27',
  issuedAt: '2026-08-03T05:00:00.000Z',
  zone: ZONE,
  plantCode: head.plant,
  accountId: head.accountId,
  customerId: head.customerId,
  currency: 'INR',
  amountMinor: 70_000,
  channel: 'cash',
  paidFor: [
    { kind: 'electricity', amountMinor: 61_900 },
    { kind: 'fee', amountMinor: 5_000 },
  ],
  remainingMinor: 0,
  creditMinor: 3_100,
  bouncedAt: null,
}

// 26.05 kWh × 18 = 468.90, fixed 50, rounded up by 0.10: 519.00. With a fee of 50 and dues of 120, less credit of 20: 669.
export const bill: BillDocument = {
  format: 1,
  number: 'BHKATS-B-000123',
  plant: head.plant,
  accountId: head.accountId,
  customerId: 'BHKATS01112',
  holder: head.holder,
  mode: 'postpaid',
  period: { from: '2026-07-01', to: '2026-08-01' },
  issuedAt: '2026-08-01T03:30:00.000Z',
  dueOn: '2026-08-10',
  currency: 'INR',
  packages: [
    {
      text: 'B1.1 (FD) / 500 / 50+18u',
      code: 'B1.1',
      version: 1,
      from: '2026-07-01',
      to: '2026-08-01',
      fixedChargeMinor: 5_000,
      energyRateMinorPerKwh: 1_800,
      loadLimitW: 500,
      activeFrom: '00:00',
      activeTo: '24:00',
    },
  ],
  readings: [
    {
      serial: 'SM100042',
      fromRegisterWh: 1_204_300,
      fromTakenAt: '2026-06-30T18:30:00.000Z',
      fromEstimated: false,
      toRegisterWh: 1_230_350,
      toTakenAt: '2026-07-31T18:30:00.000Z',
      toEstimated: false,
      countedWh: 26_050,
    },
  ],
  estimated: false,
  truesUp: false,
  consumptionWh: 26_050,
  lines: [
    { kind: 'fixed', amountMinor: 5_000, detail: { packageCode: 'B1.1', days: 31, daysInPeriod: 31 } },
    { kind: 'energy', amountMinor: 46_890, detail: { consumptionWh: 26_050, rateMinorPerKwh: 1_800 } },
    { kind: 'rounding', amountMinor: 10, detail: {} },
  ],
  otherCharges: [{ chargeId: 9, kind: 'fee', source: 'reconnection:7', amountMinor: 5_000 }],
  electricityMinor: 51_900,
  totalMinor: 56_900,
  outstandingBeforeMinor: 12_000,
  creditBeforeMinor: 2_000,
  toPayMinor: 66_900,
}

const advance: BillDocument = {
  ...bill,
  number: 'BHKATS-B-000131',
  mode: 'prepaid',
  period: { from: '2026-09-01', to: '2026-10-01' },
  issuedAt: '2026-08-27T03:30:00.000Z',
  dueOn: '2026-09-01',
  packages: bill.packages.map((terms) => ({
    ...terms,
    text: 'A1.1 (NN) / 17 / 160',
    code: 'A1.1',
    from: '2026-09-01',
    to: '2026-10-01',
    fixedChargeMinor: 16_000,
    energyRateMinorPerKwh: 0,
    loadLimitW: 17,
  })),
  readings: [],
  consumptionWh: null,
  lines: [{ kind: 'fixed', amountMinor: 16_000, detail: { packageCode: 'A1.1', days: 30, daysInPeriod: 30 } }],
  otherCharges: [],
  electricityMinor: 16_000,
  totalMinor: 16_000,
  outstandingBeforeMinor: 0,
  creditBeforeMinor: 0,
  toPayMinor: 16_000,
}

const creditNote: NoteFacts = {
  number: 'BHKATS-N-000004',
  direction: 'credit',
  issuedAt: '2026-08-05T06:00:00.000Z',
  amountMinor: 9_000,
  reason: 'wrong-reading',
  approvedBy: 'Deepa Kumari',
  billNumber: 'BHKATS-B-000123',
  chargeKind: 'electricity',
  periodFrom: '2026-07-01',
  beforeMinor: 51_900,
  lines: [{ kind: 'energy', amountMinor: 9_000 }],
  notice: null,
}

const debitNote: NoteFacts = {
  ...creditNote,
  number: 'BHKATS-N-000005',
  direction: 'debit',
  reason: 'wrong-price',
  amountMinor: 1_500,
  beforeMinor: 42_900,
  lines: [{ kind: 'energy', amountMinor: 1_500 }],
}

type Said = Pick<Movement, 'at' | 'kind' | 'amountMinor' | 'balanceMinor'> & Partial<Movement>

function movement(said: Said): Movement {
  return { chargeKind: null, periodFrom: null, channel: null, number: null, ...said }
}

const ACCOUNT = [
  movement({
    at: '2026-07-01T03:30:00.000Z',
    kind: 'charge',
    chargeKind: 'electricity',
    periodFrom: '2026-06-01',
    number: 'BHKATS-B-000088',
    amountMinor: 47_200,
    balanceMinor: 59_200,
  }),
  movement({
    at: '2026-07-06T05:00:00.000Z',
    kind: 'payment',
    channel: 'cash',
    number: 'BHKATS-R/2026-27/000031',
    amountMinor: -49_200,
    balanceMinor: 10_000,
  }),
  movement({
    at: '2026-08-01T03:30:00.000Z',
    kind: 'charge',
    chargeKind: 'fee',
    number: 'BHKATS-B-000123',
    amountMinor: 5_000,
    balanceMinor: 15_000,
  }),
  movement({
    at: '2026-08-01T03:30:00.000Z',
    kind: 'charge',
    chargeKind: 'electricity',
    periodFrom: '2026-07-01',
    number: 'BHKATS-B-000123',
    amountMinor: 51_900,
    balanceMinor: 66_900,
  }),
  movement({
    at: '2026-08-03T05:00:00.000Z',
    kind: 'payment',
    channel: 'cash',
    number: 'BHKATS-R/2026-27/000077',
    amountMinor: -70_000,
    balanceMinor: -3_100,
  }),
  movement({
    at: '2026-08-05T06:00:00.000Z',
    kind: 'credit-note',
    number: 'BHKATS-N-000004',
    amountMinor: -9_000,
    balanceMinor: -12_100,
  }),
]

const DEPOSIT = [
  movement({
    at: '2026-06-12T05:00:00.000Z',
    kind: 'to-deposit',
    number: 'BHKATS-R/2026-27/000009',
    amountMinor: 20_000,
    balanceMinor: 20_000,
  }),
  movement({
    at: '2026-06-20T05:00:00.000Z',
    kind: 'to-deposit',
    number: 'BHKATS-R/2026-27/000014',
    amountMinor: 30_000,
    balanceMinor: 50_000,
  }),
]

const MADE_AT = '2026-08-31T09:00:00.000Z'

/** Every paper by its name, as its sample in `docs/papers/` shows it. */
export const PAPER_EXAMPLES: Readonly<Record<string, (language: Language) => Paper>> = {
  receipt: (language) => receiptPaper(head, receipt, language),
  bill: (language) => billPaper(head, bill, language),
  'advance-bill': (language) => billPaper(head, advance, language),
  'credit-note': (language) => notePaper(head, creditNote, language),
  'debit-note': (language) => notePaper(head, debitNote, language),
  'deposit-certificate': (language) =>
    depositCertificate(
      head,
      { number: 'BHKATS-DC-000007', issuedAt: MADE_AT, heldMinor: 50_000, movements: DEPOSIT, refundDays: 15 },
      language,
    ),
  commitments: (language) =>
    commitmentsPaper(
      { ...head, customerId: null },
      { issuedAt: '2026-06-10T05:00:00.000Z', noSupplyDays: 1, noticeClearDays: 15, depositRefundDays: 15 },
      language,
    ),
  'account-statement': (language) =>
    statementPaper(
      head,
      {
        number: 'BHKATS-ST-000011',
        of: 'account',
        issuedAt: MADE_AT,
        from: '2026-07-01',
        to: '2026-08-31',
        openingMinor: 12_000,
        movements: ACCOUNT,
        closingMinor: -12_100,
      },
      language,
    ),
  'deposit-statement': (language) =>
    statementPaper(
      head,
      {
        number: 'BHKATS-ST-000012',
        of: 'deposit',
        issuedAt: MADE_AT,
        from: '2026-06-01',
        to: '2026-08-31',
        openingMinor: 0,
        movements: DEPOSIT,
        closingMinor: 50_000,
      },
      language,
    ),
  'account-statement-year': (language) => yearOf('account', language),
  'deposit-statement-year': (language) => yearOf('deposit', language),
}

function yearOf(of: 'account' | 'deposit', language: Language): Paper {
  const movements = movementsOfAYear(head.accountId)[of]
  const number = of === 'account' ? 'BHKATS-ST-000044' : 'BHKATS-ST-000045'
  const days = { issuedAt: '2027-03-31T09:00:00.000Z', from: '2026-04-01', to: '2027-03-31' }
  const closingMinor = movements.at(-1)?.balanceMinor ?? 0
  return statementPaper(head, { number, of, ...days, openingMinor: 0, movements, closingMinor }, language)
}
