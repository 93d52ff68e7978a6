import { type BillDocument, type BilledReading, depositAsked } from '../../domain/bill-document.ts'
import { addDays, dateAt } from '../../domain/calendar.ts'
import { formatDate, formatPeriod } from '../../notifications/date-words.ts'
import { formatKwh, formatReading } from '../../notifications/energy-words.ts'
import type { Language } from '../../notifications/language.ts'
import { RECEIPT_LABELS } from '../../notifications/receipts/wording.ts'
import { renderNotice } from '../../notifications/texts.ts'
import type { Block, Paper, Row } from '../document.ts'
import { capitalised, holderRows, type PaperHead, paperOf, type Pen, penOf, supplierName } from './head.ts'
import { upiLink } from './upi-link.ts'

/** A bill as it was issued (manual 2.2.4): what is to be paid and by when, from which readings, and a code to pay it with. */
export function billPaper(head: PaperHead, bill: BillDocument, language: Language): Paper {
  const pen = penOf(head, language)
  const { words } = pen
  const { number, issuedAt, period, dueOn, toPayMinor, totalMinor, consumptionWh, estimated } = bill
  const readings = bill.readings.map((reading) => ({ ...reading }))
  return paperOf(head, language, {
    kind: 'bill',
    number,
    issuedAt,
    title: bill.mode === 'prepaid' ? words.title.advance : words.title.bill,
    sheet: 'a5',
    sms: smsOf(bill, language),
    record: { toPayMinor, totalMinor, dueOn, period: { ...period }, consumptionWh, estimated, readings, ...linesAsData(bill) },
    blocks: [
      { type: 'headline', rows: headline(bill, pen, language) },
      { type: 'facts', rows: [...holderRows(head, language), ...facts(bill, pen, language)] },
      ...readingsTable(bill, { head, pen, language }),
      linesTable(bill, pen, language),
      { type: 'totals', rows: totals(bill, pen) },
      ...(bill.truesUp ? [{ type: 'paragraph', text: words.bill.truesUp } as const] : []),
      ...payByCode(head, bill, language),
      { type: 'paragraph', text: words.bill.closing },
    ],
  })
}

function headline({ toPayMinor, dueOn, consumptionWh }: BillDocument, { words, money }: Pen, language: Language): Row[] {
  const used = consumptionWh === null ? [] : [{ label: words.bill.used, value: formatKwh(consumptionWh, language) }]
  if (toPayMinor === 0) return [{ label: words.bill.nothingToPay, value: money(0) }, ...used]
  return [
    { label: words.bill.toPay, value: money(toPayMinor) },
    { label: words.bill.payBy, value: formatDate(dueOn, language) },
    ...used,
  ]
}

function facts({ number, issuedAt, period, packages }: BillDocument, { words, day }: Pen, language: Language): Row[] {
  return [
    { label: words.number.bill, value: number },
    { label: words.date, value: day(issuedAt) },
    { label: words.bill.period, value: periodWords(period, language) },
    { label: words.bill.package, value: packages.map(({ text }) => text).join(', ') },
  ]
}

function periodWords({ from, to }: BillDocument['period'], language: Language): string {
  const isMonth = from.endsWith('-01') && to.endsWith('-01') && addDays(from, 31) >= to
  return isMonth ? formatPeriod(from, language) : `${formatDate(from, language)} – ${formatDate(addDays(to, -1), language)}`
}

interface Writing {
  readonly head: PaperHead
  readonly pen: Pen
  readonly language: Language
}

function readingsTable({ readings }: BillDocument, { head, pen: { words }, language }: Writing): Block[] {
  if (readings.length === 0) return []
  const register = (wh: number, at: string, isEstimate: boolean): string => {
    const on = formatDate(dateAt(at, head.zone), language)
    return `${formatReading(wh)}\n${isEstimate ? `${words.bill.estimated}, ${on}` : on}`
  }
  const row = (one: BilledReading): string[] => [
    one.serial,
    register(one.fromRegisterWh, one.fromTakenAt, one.fromEstimated),
    register(one.toRegisterWh, one.toTakenAt, one.toEstimated),
    formatReading(one.countedWh),
  ]
  return [
    {
      type: 'table',
      title: words.bill.readings,
      columns: [
        { title: words.bill.meter, role: 'label', align: 'left', share: 2 },
        { title: words.bill.previous, role: 'detail', align: 'right', share: 3.4 },
        { title: words.bill.present, role: 'detail', align: 'right', share: 3.4 },
        { title: words.bill.units, role: 'value', align: 'right', share: 2.2 },
      ],
      rows: readings.map(row),
    },
  ]
}

function linesTable(bill: BillDocument, pen: Pen, language: Language): Block {
  const { words, amount } = pen
  const labels = RECEIPT_LABELS[language].charge as Readonly<Record<string, string>>
  const own = bill.lines.map(({ kind, amountMinor, detail }) => [
    Object.hasOwn(words.bill.line, kind) ? words.bill.line[kind as keyof typeof words.bill.line] : words.bill.line.other,
    detailWords(kind, detail, pen),
    amount(amountMinor),
  ])
  const others = bill.otherCharges.map((one) => [otherLabel(one, words.bill.line, labels), '', amount(one.amountMinor)])
  return {
    type: 'table',
    title: words.bill.lines,
    columns: [
      { title: '', role: 'label', align: 'left', share: 3 },
      { title: '', role: 'detail', align: 'left', share: 3.4 },
      { title: '', role: 'value', align: 'right', share: 1.8 },
    ],
    rows: [...own, ...others],
  }
}

function otherLabel(
  { kind, source, line }: BillDocument['otherCharges'][number],
  words: Pen['words']['bill']['line'],
  labels: Readonly<Record<string, string>>,
): string {
  if (line !== undefined) return words[line]
  return source.startsWith('reconnection:') ? words.reconnection : capitalised(labels[kind] ?? words.other)
}

function detailWords(kind: string, detail: Readonly<Record<string, unknown>>, { words, money }: Pen): string {
  const { days, daysInPeriod, consumptionWh, rateMinorPerKwh, packageCode } = detail
  if (kind === 'fixed' && typeof days === 'number' && typeof daysInPeriod === 'number')
    return `${String(packageCode)}, ${words.bill.daysOf(days, daysInPeriod)}`
  if (kind === 'energy' && typeof consumptionWh === 'number' && typeof rateMinorPerKwh === 'number')
    return `${formatReading(consumptionWh)} ${words.bill.perUnit} × ${money(rateMinorPerKwh)}`
  return ''
}

function totals(
  { totalMinor, outstandingBeforeMinor, creditBeforeMinor, toPayMinor }: BillDocument,
  { words, amount, money }: Pen,
): Row[] {
  return [
    { label: words.bill.thisBill, value: amount(totalMinor) },
    ...(outstandingBeforeMinor > 0 ? [{ label: words.bill.earlierDues, value: amount(outstandingBeforeMinor) }] : []),
    ...(creditBeforeMinor > 0 ? [{ label: words.bill.creditUsed, value: `-${amount(creditBeforeMinor)}` }] : []),
    { label: words.bill.toPay, value: money(toPayMinor), strong: true },
  ]
}

function payByCode(head: PaperHead, { number, customerId, toPayMinor, currency }: BillDocument, language: Language): Block[] {
  const content = upiLink({
    payee: head.supplier.upiAddress,
    payeeName: head.supplier.supplierName,
    amountMinor: toPayMinor,
    currency,
    reference: customerId,
    note: number,
  })
  if (content === null) return []
  const { scan, scanCaption } = penOf(head, language).words.bill
  return [{ type: 'qr', content, title: scan, caption: scanCaption(supplierName(head, language), customerId) }]
}

function linesAsData({ lines, otherCharges, outstandingBeforeMinor, creditBeforeMinor }: BillDocument) {
  return {
    lines: lines.map(({ kind, amountMinor }) => ({ kind, amountMinor })),
    otherCharges: otherCharges.map(({ kind, amountMinor }) => ({ kind, amountMinor })),
    outstandingBeforeMinor,
    creditBeforeMinor,
  }
}

/** The notice that goes out with the bill; what the paper says and the SMS says is one. */
function smsOf(bill: BillDocument, language: Language): string {
  const first = bill.readings[0]
  const last = bill.readings.at(-1)
  const reading =
    first === undefined || last === undefined || bill.consumptionWh === null
      ? null
      : {
          previousReadingWh: first.fromRegisterWh,
          presentReadingWh: last.toRegisterWh,
          consumptionWh: bill.consumptionWh,
        }
  const { body } = renderNotice({
    kind: 'bill-issued',
    language,
    params: {
      customerId: bill.customerId,
      billNumber: bill.number,
      period: bill.period.from,
      reading,
      estimated: bill.estimated,
      totalMinor: bill.totalMinor,
      creditUsedMinor: bill.creditBeforeMinor,
      outstandingMinor: bill.outstandingBeforeMinor,
      payableMinor: bill.toPayMinor,
      currency: bill.currency,
      dueOn: bill.dueOn,
      ...depositAsked(bill),
    },
  })
  return body
}
