import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { DomainError } from './errors.ts'
import { ageBucket, ageDebts } from './aging.ts'
import { type BookMovement, type ClosingGroup, closeDay, collectionsOf, imbalanceMinor } from './books.ts'
import { activationChargeMinor, assertPaymentAmount } from './fees.ts'
import { advanceDueMinor, unusedAdvanceMinor } from './prepaid.ts'
import { allocate } from './allocation.ts'
import type { Allocation, OpenCharge } from './allocation.ts'
import { approvalChain } from './approvals.ts'
import type { Decision } from './approvals.ts'
import { assessCharge } from './bill.ts'
import { chargeRule, natureOf } from './charge.ts'
import type { ChargeKind } from './charge.ts'
import { assertCorrectedRegister, adjustmentMinor } from './reading-correction.ts'
import { assessNote } from './note.ts'
import type { NoteKind } from './note.ts'
import { chaseableMinor, flagOf } from './debt.ts'
import { disputedParts } from './dispute.ts'
import { checkPackageChange, connectionWork, packageChangeApprovals } from './package-change.ts'
import { checkReading, consumptionAcrossMeters, estimateWh, maxEstimatesReached, trueUp } from './reading.ts'
import { connectionStatus, mayBeLive } from './hold.ts'
import type { HoldReason } from './hold.ts'
import { addDays, dateAt, timeAt } from './calendar.ts'
import { depositDueMinor, depositParts, expectedBillMinor, reviewDeposit, setOffDeposit } from './deposit.ts'
import { daysIn, periodContaining, periodFrom } from './period.ts'
import { energyChargeMinor } from './energy.ts'
import * as ledger from './ledger.ts'
import type { Posting } from './ledger.ts'
import { KATSA_POLICY_V1 as policy } from './policy.ts'
import { CASH_RUNNERS } from '../test/support/cash-rules.ts'
import { catalogue, chase, debtOf } from '../test/support/domain-builders.ts'
import type { Taken } from '../test/support/domain-builders.ts'
import { DEPOSIT_AND_PRICE_RUNNERS } from '../test/support/deposit-rules.ts'
import { MODE_CHANGE_RUNNERS } from '../test/support/mode-change-rules.ts'
import { MONEY_OUT_RUNNERS } from '../test/support/money-out-rules.ts'
import { PAYMENT_RUNNERS } from '../test/support/payment-rules.ts'
import { parsePackageText } from './package.ts'
import type { MeterKind } from './package.ts'
import { promisedHoursPerDay } from './package.ts'
import { putOffByPart } from './protection.ts'
import { roundToWholeUnits, splitByLargestRemainder } from './money.ts'
import type { SupplySegment } from './tariff.ts'

type Row = Record<string, string>
type Runner = (row: Row) => Record<string, string>

const OWNER = { plant: 'P', accountId: 'A' }
const TODAY = '2026-08-20'

/** What each table's columns mean. */
const RUNNERS: Record<string, Runner> = {
  ...CASH_RUNNERS,
  ...DEPOSIT_AND_PRICE_RUNNERS,
  ...PAYMENT_RUNNERS,
  ...MONEY_OUT_RUNNERS,
  ...MODE_CHANGE_RUNNERS,
  'Age of a debt': (row) => ({ bucket: ageBucket(cell(row, 'due'), cell(row, 'on')) }),
  'Aged receivables': (row) => {
    const debts = list(row.debts).map((text) => ({ dueOn: text.slice(0, 10), openMinor: minor(text.slice(11)) }))
    const { buckets, notDueMinor, totalMinor } = ageDebts(debts, cell(row, 'on'))
    const parts = Object.entries(buckets).map(([bucket, amountMinor]): [string, string] => [bucket, rupees(amountMinor)])
    return { ...Object.fromEntries(parts), 'not due': rupees(notDueMinor), total: rupees(totalMinor) }
  },
  'Closing of a day': (row) => {
    const lines = closeDay(list(row.opening).map(openingGroup), list(row.moved).map(bookMovement))
    return { lines: lines.map(closingLine).join('; '), 'out of balance': rupees(imbalanceMinor(lines)) }
  },
  'Collections by service': (row) => {
    const parts = list(row.parts).map((text) => {
      const [channel = '', what = '', amount] = text.split(' ')
      const kind = ['-', 'suspense'].includes(what) ? null : (what as ChargeKind)
      const nature = kind === null ? null : natureOf(kind, 'postpaid')
      return { channel, kind, nature, isSuspense: what === 'suspense', amountMinor: minor(amount) }
    })
    const collected = collectionsOf(parts).map((one) => `${one.service} ${one.channel} ${rupees(one.amountMinor)}`)
    return { collected: collected.join('; ') }
  },
  'The table': (row) => {
    const kind = cell(row, 'kind') as ChargeKind
    const mode = row.mode === '–' ? undefined : (row.mode as 'prepaid' | 'postpaid')
    const rule = chargeRule(kind, mode)
    const charge = { kind, nature: natureOf(kind, mode), amountMinor: 100 }
    return {
      nature: charge.nature,
      'at issue': sides(ledger.postChargeIssued(OWNER, charge)) || 'nothing',
      'when paid': sides(ledger.postAllocated(OWNER, charge)),
      class: String(rule.allocationClass),
      late: String(rule.allocationClassInArrears),
      'chased by': rule.chasedBy,
      'unpaid leads to': rule.unpaidLeadsTo,
      refundable: rule.refundable,
    }
  },
  'Other postings': (row) => ({ postings: postings(EVENTS[cell(row, 'event')]?.() ?? []) }),
  'Credit and debit notes': (row) => {
    const credited = words(row.credited).map(numberedLine)
    const lines = words(row.lines).map((amount, index) => ({
      line: index + 1,
      amountMinor: minor(amount),
      creditedMinor: credited.find(({ line }) => line === index + 1)?.amountMinor ?? 0,
    }))
    const leftMinor = lines.reduce((sum, { amountMinor, creditedMinor }) => sum + amountMinor - creditedMinor, 0)
    const earned = optional(row.earned)
    const charge = {
      nature: earned === undefined ? ('debt' as const) : ('demand' as const),
      currency: 'INR',
      isVoid: false,
      openMinor: minor(row.open),
      creditableMinor: earned === undefined ? leftMinor : minor(earned),
      lines,
    }
    const asked = {
      kind: cell(row, 'note') as NoteKind,
      amountMinor: minor(row.amount),
      lines: words(row.named).map(numberedLine),
    }
    const made = assessNote(charge, asked)
    return {
      made: rupees(made.amountMinor),
      'on lines': made.lines.map(({ line, amountMinor }) => `${line}:${rupees(amountMinor)}`).join(' ') || '–',
      'taken back': rupees(made.takeBackMinor),
    }
  },
  'A disputed part': (row) => {
    const debt = debtOf({
      dueOn: '2026-08-10',
      openMinor: minor(row.open),
      ...(row.disputed !== '–' && { disputed: { amountMinor: minor(row.disputed), since: '2026-08-05T06:00:00.000Z' } }),
    })
    const flag = flagOf({ debts: [debt], depositHeldMinor: 50_000, today: TODAY, terms: policy.chasing })
    return { chased: rupees(chaseableMinor(debt)), flag: flag ?? 'none' }
  },
  'What of a bill is disputed': (row) => ({
    parts: disputedParts(
      words(row.charges).map((amount, index) => ({ chargeId: index + 1, creditableMinor: minor(amount) })),
      row.amount === 'all' ? undefined : minor(row.amount),
    )
      .map(({ chargeId, amountMinor }) => `${chargeId}:${rupees(amountMinor)}`)
      .join(' '),
  }),
  'A corrected reading': (row) => {
    const registers = { readRegisterWh: Number(row.read), correctedRegisterWh: Number(row.right) }
    const nextWh = optional(row.next)
    assertCorrectedRegister({ ...registers, lastWh: Number(row.last), nextWh: nextWh === undefined ? undefined : Number(nextWh) })
    const rate = (text: string | undefined) => (optional(text) === undefined ? null : minor(text))
    const around = { rateBeforeMinorPerKwh: rate(row['price before']), rateAfterMinorPerKwh: rate(row['price after']) }
    return { 'next bill': rupees(adjustmentMinor(registers, around)) }
  },
  'Package texts': (row) => {
    const { code, mode, timing, loadLimitW, fixedChargeMinor, energyRateMinorPerKwh } = parsePackageText(cell(row, 'text'), 'INR')
    return {
      code,
      mode,
      timing,
      'limit W': String(loadLimitW),
      fixed: rupees(fixedChargeMinor),
      'per kWh': rupees(energyRateMinorPerKwh),
    }
  },
  Periods: (row) => {
    const period = periodContaining(cell(row, 'date'), Number(row.anchor))
    return { 'first day': period.from, 'day after the last': period.to, days: String(daysIn(period)) }
  },
  Energy: (row) => ({ charge: rupees(energyChargeMinor({ consumptionWh: Number(row.Wh), rateMinorPerKwh: minor(row.rate) })) }),
  Splitting: (row) => ({
    parts: splitByLargestRemainder(minor(row.amount), words(row.weights).map(Number)).map(rupees).join(' '),
  }),
  Rounding: (row) => {
    const { roundedMinor, roundingMinor } = roundToWholeUnits(minor(row.sum), 'INR')
    return { total: rupees(roundedMinor), rounding: rupees(roundingMinor) }
  },
  Electricity: (row) => {
    const period = periodFrom(cell(row, 'period'))
    const segments = list(row.segments).map((text) => segment(text, period.key))
    const { lines, totalMinor } = assessCharge({
      period,
      currency: 'INR',
      segments,
      cutWholePeriod: row.cut === 'yes',
      lostHours: Number(row['lost h']),
      policy,
    })
    return { lines: lines.map(({ kind, amountMinor }) => `${kind} ${rupees(amountMinor)}`).join('; '), total: rupees(totalMinor) }
  },
  'Paying an advance late': (row) => {
    const period = periodFrom(cell(row, 'period'))
    const { dueMinor, darkDays } = advanceDueMinor({
      priceMinor: minor(row.price),
      period,
      paidOn: cell(row, 'paid on'),
      policy,
      currency: 'INR',
    })
    return { 'to pay': rupees(dueMinor), 'dark days': String(darkDays) }
  },
  'Unused days of an advance': (row) => ({
    credit: rupees(
      unusedAdvanceMinor({
        paidMinor: minor(row.paid),
        period: periodFrom(cell(row, 'period')),
        unusedFrom: cell(row, 'unused from'),
        currency: 'INR',
      }),
    ),
  }),
  'Expected bill and deposit': (row) => {
    const expected = expectedBillMinor({
      terms: catalogue(cell(row, 'package')),
      ownTotalsMinor: words(row['own bills']).map(minor),
      policy,
    })
    const due = depositDueMinor({
      expectedBillMinor: expected,
      category: cell(row, 'category'),
      waived: row.waived === 'yes',
      policy,
    })
    return { expected: rupees(expected), deposit: rupees(due) }
  },
  'Deposit in parts': (row) => ({
    amounts: depositParts({ dueMinor: minor(row.deposit), parts: Number(row.parts), currency: 'INR', policy })
      .map(rupees)
      .join(' '),
  }),
  'Deposit review': (row) => {
    const { topUpMinor, creditMinor } = reviewDeposit({ heldMinor: minor(row.held), dueMinor: minor(row.due), policy })
    return { 'top up': rupees(topUpMinor), credit: rupees(creditMinor) }
  },
  'Deposit at closing': (row) => {
    const done = setOffDeposit({
      heldMinor: minor(row.held),
      creditMinor: minor(row.credit),
      charges: list(row.open).map(openCharge),
      today: TODAY,
    })
    return {
      'from credit': allocations(done.fromCredit),
      'from deposit': allocations(done.fromDeposit),
      'deposit back': rupees(done.refundDepositMinor),
      'credit back': rupees(done.refundCreditMinor),
      'still owed': rupees(done.stillOwedMinor),
    }
  },
  Activation: (row) => ({
    activation: rupees(
      activationChargeMinor({ terms: catalogue(cell(row, 'package')), meterKind: cell(row, 'meter') as MeterKind, policy }),
    ),
  }),
  'Checks on a reading': (row) => {
    const terms = catalogue(cell(row, 'package'))
    const history = row.mean === '–' ? {} : { meanWh: Number(row.mean) }
    const limits = { limitW: terms.loadLimitW, promisedHoursPerDay: promisedHoursPerDay(terms) }
    const { verdict, rules } = checkReading({
      lastWh: Number(row.last),
      currentWh: Number(row.now),
      days: Number(row.days),
      ...limits,
      ...history,
      policy,
    })
    return { verdict, rules: rules.join(' ') }
  },
  Estimates: (row) => {
    const { expectedKwh } = catalogue(cell(row, 'package'))
    const lastConsumptions = words(row['last periods']).map(Number)
    return {
      Wh: String(estimateWh({ lastConsumptions, expectedKwh, days: Number(row.days), daysInPeriod: Number(row.of), policy })),
    }
  },
  'Estimates in a row': (row) => {
    const isReached = maxEstimatesReached({ running: Number(row['estimated before']), policy })
    return { next: isReached ? 'a visit' : 'may be estimated' }
  },
  'True-up': (row) => {
    const billedEstimatesWh = words(row['billed estimates']).map(Number)
    const { toBillWh, toCreditWh } = trueUp({
      lastActualWh: Number(row['last actual']),
      billedEstimatesWh,
      currentWh: Number(row.now),
    })
    return { 'to bill': String(toBillWh), 'to credit': String(toCreditWh) }
  },
  'Meter replaced': (row) => {
    const spans = words(row.meters).map((text) => text.split('..').map(Number))
    return { Wh: String(consumptionAcrossMeters(spans.map(([startWh = 0, endWh = 0]) => ({ startWh, endWh }))).consumptionWh) }
  },
  Allocation: (row) => {
    const charges = list(row.open).map(openCharge)
    const done = allocate({ creditMinor: minor(row.credit), charges, namedChargeIds: words(row.named).map(Number), today: TODAY })
    return { allocated: allocations(done.allocations), left: rupees(done.leftMinor) }
  },
  'Smallest payment': (row) => ({ accepted: rupees(assertPaymentAmount(minor(row.amount), policy)) }),
  'Days of a chase': (row) => {
    const debt = debtOf({ dueOn: cell(row, 'due'), openMinor: minor(row.open) })
    const done = chase({
      debts: [debt],
      from: cell(row, 'starts'),
      deliveredOn: optional(row.delivered),
      protectedDays: words(row.protected),
    })
    const days = (prefix: string): string =>
      done
        .filter(({ step }) => step.startsWith(prefix))
        .map(({ at }) => dateAt(at, 'Asia/Kolkata'))
        .join(' ') || 'never'
    return { notice: days('notice'), visits: days('visit'), warning: days('warn'), cut: cutAt(done) }
  },
  'Put off by a part': (row) => {
    const paid = {
      overdueBeforeMinor: minor(row.overdue),
      paidMinor: minor(row.paid),
      paidOn: cell(row, 'on'),
      usedThisPeriod: row.used === 'yes',
    }
    return { until: putOffByPart({ ...paid, terms: policy.chasing })?.until ?? 'never' }
  },
  'Status from holds': (row) => {
    const holds = words(row.holds) as HoldReason[]
    return { status: connectionStatus(holds), 'may be live': mayBeLive(holds) ? 'yes' : 'no' }
  },
  'A change of package': (row) => {
    const current = catalogue(cell(row, 'from'))
    const wanted = catalogue(cell(row, 'to'))
    const spareW = Number(row['spare W'])
    const { direction } = checkPackageChange({ current, wanted, closed: false, effectiveFrom: '2026-08-01', policy })
    const { approvals } = packageChangeApprovals({ current, wanted, feederSpareW: spareW, plantSpareW: 20_000, policy })
    return {
      direction,
      approvals: approvals.join(' '),
      work: connectionWork({ wanted, meterKind: cell(row, 'meter') as MeterKind }),
    }
  },
  Downgrades: (row) => {
    const last = optional(row['last downgrade'])
    const request = {
      current: catalogue('B1.2'),
      wanted: catalogue('B1.1'),
      closed: false,
      effectiveFrom: cell(row, 'wanted from'),
      policy,
    }
    checkPackageChange(last === undefined ? request : { ...request, lastDowngradeFrom: last })
    return { answer: 'allowed' }
  },
  'Who decides': (row) => {
    const amount = optional(row.amount)
    const duration = optional(row.duration)
    const matter = {
      decision: cell(row, 'decision') as Decision,
      ...(amount ? { amountMinor: minor(amount) } : {}),
      ...(duration ? { duration } : {}),
    }
    return { chain: approvalChain(matter, policy).join(' ') || 'nobody' }
  },
}

const ASHA = ledger.cash('asha')
const PAYTM = ledger.wallet('paytm')
const ELECTRICITY = { kind: 'electricity', nature: 'debt' } as const

const numberedLine = (text: string): { line: number; amountMinor: number } => {
  const [line, amount] = text.split(':')
  return { line: Number(line), amountMinor: minor(amount) }
}

const EVENTS: Record<string, () => Posting[]> = {
  'payment of 100 in cash to asha': () => ledger.postPaymentReceived(OWNER, { into: ASHA, amountMinor: 10_000 }),
  'payment of 100 by paytm': () => ledger.postPaymentReceived(OWNER, { into: PAYTM, amountMinor: 10_000 }),
  'payment of 100 by paytm from nobody known': () => ledger.postSuspenseIn('P', { into: PAYTM, amountMinor: 10_000 }),
  'its payer is found': () => ledger.postSuspenseOut(OWNER, { amountMinor: 10_000 }),
  'it goes back instead': () => ledger.postSuspenseReturned('P', { from: PAYTM, amountMinor: 10_000 }),
  'post-paid charge of 469 with 0.50 rounding': () =>
    ledger.postChargeIssued(OWNER, { ...ELECTRICITY, amountMinor: 46_900, roundingMinor: 50 }),
  'post-paid charge of 207 with -0.42 rounding': () =>
    ledger.postChargeIssued(OWNER, { ...ELECTRICITY, amountMinor: 20_700, roundingMinor: -42 }),
  'advance of 52 with 0.39 rounding earned': () => ledger.postPrepaidEarned(OWNER, { amountMinor: 5_200, roundingMinor: 39 }),
  'activation of 300 earned': () => ledger.postActivationEarned(OWNER, { amountMinor: 30_000 }),
  'application ended, deposit 200 and activation 100 paid': () =>
    ledger.postHeldReleased(OWNER, { depositMinor: 20_000, activationMinor: 10_000 }),
  'credit of 300 refunded in cash by asha': () => ledger.postRefunded(OWNER, { from: ASHA, amountMinor: 30_000 }),
  'deposit of 464 set off': () => ledger.postDepositSetOff(OWNER, { amountMinor: 46_400 }),
  'deposit of 36 refunded by bank': () => ledger.postDepositRefunded(OWNER, { from: ledger.bank('P'), amountMinor: 3_600 }),
  'deposit of 36 never fetched': () => ledger.postUnclaimed(OWNER, { amountMinor: 3_600, from: 'deposit' }),
  'deposit excess of 300': () => ledger.postDepositExcess(OWNER, { amountMinor: 30_000 }),
  'credit note of 100 on electricity with 60 open': () =>
    ledger.postCreditNote(OWNER, { ...ELECTRICITY, amountMinor: 10_000, openMinor: 6_000 }),
  'credit note of 469, all paid, with the 0.50 rounding': () =>
    ledger.postCreditNote(OWNER, { ...ELECTRICITY, amountMinor: 46_900, openMinor: 46_900, roundingMinor: 50 }),
  'debit note of 100 on electricity': () => ledger.postChargeIssued(OWNER, { ...ELECTRICITY, amountMinor: 10_000 }),
  '40 of an earned advance turn out not to be': () => ledger.postPrepaidUnearned(OWNER, { amountMinor: 4_000 }),
  'what was put against a bill, 100, is taken back': () =>
    ledger.postTakenBack(OWNER, { ...ELECTRICITY, amountMinor: 10_000, origin: 'credit' }),
  'opening deposit of 450': () => ledger.postOpeningDeposit(OWNER, { amountMinor: 45_000 }),
  'unused advance of 83 before its period': () => ledger.postPrepaidUnused(OWNER, { amountMinor: 8_300, alreadyEarned: false }),
  'unused advance of 83 in its period': () => ledger.postPrepaidUnused(OWNER, { amountMinor: 8_300, alreadyEarned: true }),
  'cheque of 100 bounces': () => ledger.postBounced(OWNER, { from: ledger.bank('P'), amountMinor: 10_000 }),
  'debt of 70 written off': () => ledger.postWrittenOff(OWNER, { amountMinor: 7_000 }),
}

/** Rows under a `###` heading of docs/billing-rules.md: heading → cells by column. */
type Section = { title: string; rows: Record<string, string>[] }

const PAGE = readFileSync(new URL('../docs/billing-rules.md', import.meta.url), 'utf8')
const SECTIONS = sectionsOf(PAGE)

describe('docs/billing-rules.md', () => {
  test('every table is run and every runner has its table', () => {
    expect(SECTIONS.map(({ title }) => title).toSorted()).toEqual(Object.keys(RUNNERS).toSorted())
    expect(SECTIONS.every(({ rows }) => rows.length > 1)).toBe(true)
  })

  for (const { title, rows } of SECTIONS) {
    describe(title, () => {
      for (const row of rows) test(nameOf(row), () => expect(outcomeOf(title, row)).toEqual(expectedOf(row)))
    })
  }
})

function outcomeOf(title: string, row: Record<string, string>): Record<string, string> {
  const outcomes = Object.keys(expectedOf(row))
  try {
    const got = RUNNERS[title]?.(row) ?? {}
    return Object.fromEntries(Object.entries(got).map(([column, text]) => [`→ ${column}`, text === '' ? '–' : text]))
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return Object.fromEntries(outcomes.map((column, index) => [column, index === 0 ? error.code : '–']))
  }
}

function expectedOf(row: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(row).filter(([column]) => column.startsWith('→')))
}

function nameOf(row: Record<string, string>): string {
  return Object.entries(row)
    .map(([column, text]) => `${column} ${text}`)
    .join(' · ')
}

function sectionsOf(page: string): Section[] {
  return page
    .split(/^### /m)
    .slice(1)
    .map((part) => ({ title: (part.split('\n')[0] ?? '').trim(), rows: rowsOf(part) }))
}

function rowsOf(part: string): Record<string, string>[] {
  const lines =
    part
      .split(/^## /m)[0]
      ?.split('\n')
      .filter((line) => line.startsWith('|')) ?? []
  const [head, , ...body] = lines.map(cellsOf)
  return body.map((cells) => Object.fromEntries((head ?? []).map((column, index) => [column, cells[index] ?? ''])))
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

function cutAt(done: readonly Taken[]): string {
  const cut = done.find(({ step }) => step === 'cut')
  return cut ? `${dateAt(cut.at, 'Asia/Kolkata')}T${timeAt(cut.at, 'Asia/Kolkata')}` : 'never'
}

function cell(row: Row, column: string): string {
  const text = row[column]
  if (text === undefined) throw new Error(`No column "${column}" in ${JSON.stringify(row)}`)
  return text
}

function optional(text: string | undefined): string | undefined {
  return text === '–' ? undefined : text
}

function words(text = ''): string[] {
  return text === '–' || text === '' ? [] : text.split(' ')
}

function list(text = ''): string[] {
  return text === '–' ? [] : text.split(', ')
}

/** Rupees as written, in paise, without floating point. */
function minor(text = ''): number {
  const [, sign, whole = '0', paise = ''] = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text) ?? []
  const amount = Number(whole) * 100 + Number(paise.padEnd(2, '0'))
  return sign === '-' ? -amount : amount
}

function rupees(amountMinor: number): string {
  const size = Math.abs(amountMinor)
  return `${amountMinor < 0 ? '-' : ''}${Math.floor(size / 100)}.${String(size % 100).padStart(2, '0')}`
}

/** `B1.1 01..31 23000` within a month, both days supplied; `-` = not counted. */
function segment(text: string, key: string): SupplySegment {
  const [code = '', days = '', wh = '-'] = text.split(' ')
  const [first = '', last = ''] = days.split('..')
  const from = `${key.slice(0, 8)}${first}`
  const to = addDays(`${key.slice(0, 8)}${last}`, 1)
  return { from, to, terms: catalogue(code), ...(wh === '-' ? {} : { consumptionWh: Number(wh) }) }
}

/** `7 final 2026-09-30 464`. */
function openCharge(text: string): OpenCharge {
  const [id, kind = '', dueOn = '', open] = text.split(' ')
  return {
    id: Number(id),
    kind: kind as ChargeKind,
    nature: natureOf(kind as ChargeKind, 'postpaid'),
    dueOn,
    openMinor: minor(open),
  }
}

function allocations(made: readonly Allocation[]): string {
  return made.map(({ chargeId, amountMinor }) => `${chargeId}: ${rupees(amountMinor)}`).join('; ')
}

function sides(made: readonly Posting[]): string {
  return made.map(({ debit, credit }) => `${debit} → ${credit}`).join('; ')
}

function postings(made: readonly Posting[]): string {
  return made.map(({ debit, credit, amountMinor }) => `${debit} → ${credit} ${rupees(amountMinor)}`).join('; ')
}

/** `receivable asset 464.00`. */
function openingGroup(text: string): ClosingGroup {
  const [group = '', accountClass = '', amount] = text.split(' ')
  const closingMinor = minor(amount)
  return { group, class: accountClass as ClosingGroup['class'], openingMinor: 0, lateMinor: 0, movements: {}, closingMinor }
}

/** `late payment cash asset 300.00 0.00`. */
function bookMovement(text: string): BookMovement {
  const isLate = text.startsWith('late ')
  const [eventKind = '', group = '', accountClass = '', debit, credit] = text.replace(/^late /, '').split(' ')
  const sums = { debitMinor: minor(debit), creditMinor: minor(credit) }
  return { eventKind, group, class: accountClass as BookMovement['class'], ...sums, isLate }
}

function closingLine({ group, openingMinor, lateMinor, movements, closingMinor }: ClosingGroup): string {
  const moved = Object.entries({ ...(lateMinor !== 0 && { late: lateMinor }), ...movements })
  const parts = moved.map(([kind, amount]) => ` ${amount < 0 ? '-' : '+'} ${rupees(Math.abs(amount))} ${kind}`)
  return `${group} ${rupees(openingMinor)}${parts.join('')} = ${rupees(closingMinor)}`
}
