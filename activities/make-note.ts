import type { Tx } from '../db/client.ts'
import type { LockedAccount } from '../db/queries/accounts.ts'
import { issueCharge } from '../db/queries/charges.ts'
import { post } from '../db/queries/ledger.ts'
import { assertCorrectable, type ChargeToCorrect, insertNote, readChargeToCorrect, takeNoteNumber } from '../db/queries/notes.ts'
import type { PlantTerms } from '../db/queries/plants.ts'
import { takeBackAllocations } from '../db/queries/taking-back.ts'
import { addDuration, dateAt } from '../domain/calendar.ts'
import { Contradiction } from '../domain/errors.ts'
import { type Posting, postCreditNote, postPrepaidUnearned, postWrittenOff } from '../domain/ledger.ts'
import { type AskedNote, assessNote, type AssessedNote, type NoteLine } from '../domain/note.ts'

/** Where and when a note is made; the caller holds the account lock. */
export interface NoteContext {
  readonly account: LockedAccount
  readonly plant: PlantTerms
  readonly asOf: string
}

export interface NoteAsked extends AskedNote {
  readonly chargeId: number
  readonly reason: string
  /** What it comes from, once for ever. */
  readonly source: string
  readonly madeBy: string
  readonly approvedBy: string
}

export interface MadeNote {
  readonly noteId: number
  readonly number: string
  readonly amountMinor: number
  /** The debt that a debit note raised, and its due date. */
  readonly raised: { readonly chargeId: number; readonly dueOn: string } | null
}

/**
 * Makes a note on a charge and posts it (billing.md rules 3, 13). What was paid beyond what is left of the charge is taken back first and
 * is the customer's credit. Refusals as `assessNote` gives them, before anything is written. The caller allocates anew when it is done.
 */
export async function makeNote(tx: Tx, context: NoteContext, asked: NoteAsked): Promise<MadeNote> {
  const charge = await readChargeToCorrect(tx, asked.chargeId)
  assertCorrectable(charge, context.account, asked)
  const assessed = assessNote(charge, asked)
  const number = await takeNoteNumber(tx, context.account.plant)
  if (asked.kind === 'debit') return raise(tx, context, { charge, assessed, asked, number })
  if (assessed.takeBackMinor > 0) await takeBack(tx, context, { charge, number, minor: assessed.takeBackMinor })
  const noteId = await insert(tx, context, { asked, assessed, number })
  await postNote(tx, context, { number, postings: postingsOf(context.account, charge, { kind: asked.kind, assessed }) })
  return { noteId, number, amountMinor: assessed.amountMinor, raised: null }
}

interface Making {
  readonly charge: ChargeToCorrect
  readonly assessed: AssessedNote
  readonly asked: NoteAsked
  readonly number: string
}

/** The debit note's debt is one of its own: it is due, chased and announced by itself (docs/decisions/0023). */
async function raise(tx: Tx, context: NoteContext, { charge, assessed, asked, number }: Making): Promise<MadeNote> {
  const { account, plant, asOf } = context
  const dueOn = addDuration(dateAt(asOf, plant.zone), plant.policy.postpaid.dueAfter)
  const { chargeId } = await issueCharge(
    tx,
    { account, asOf },
    {
      kind: charge.kind,
      mode: 'postpaid',
      source: `note:${number}`,
      amountMinor: assessed.amountMinor,
      dueOn,
      lines: assessed.lines.map((one) => raisedLine(charge, one)),
      terms: { corrects: charge.chargeId, note: number },
    },
  )
  const noteId = await insert(tx, context, { asked: { ...asked, raises: chargeId }, assessed, number })
  return { noteId, number, amountMinor: assessed.amountMinor, raised: { chargeId, dueOn } }
}

function raisedLine({ chargeId, lines }: ChargeToCorrect, { line, amountMinor }: NoteLine) {
  const kind = lines.find((one) => one.line === line)?.kind ?? 'correction'
  return { kind, amountMinor, detail: { corrects: { chargeId, line } } }
}

async function takeBack(
  tx: Tx,
  context: NoteContext,
  { charge, number, minor }: { charge: ChargeToCorrect; number: string; minor: number },
): Promise<void> {
  const { account, asOf } = context
  const { chargeId, nature } = charge
  // What was earned of an advance is no income any more; from where it waited it goes back like any other part of a payment.
  if (nature === 'demand')
    await post(tx, {
      eventKey: `earned:${chargeId}:${number}`,
      plant: account.plant,
      accountId: account.accountId,
      currency: account.currency,
      businessAt: asOf,
      postings: postPrepaidUnearned(account, { amountMinor: minor }),
    })
  const taken = await takeBackAllocations(tx, { account, asOf }, { of: { chargeId }, amountMinor: minor })
  const takenMinor = taken.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  if (takenMinor !== minor) throw new Contradiction(`charge ${chargeId} was not paid by what stands against it`)
}

function insert(
  tx: Tx,
  { account, asOf }: NoteContext,
  { asked, assessed, number }: { asked: NoteAsked & { readonly raises?: number }; assessed: AssessedNote; number: string },
): Promise<number> {
  const { chargeId, kind, reason, source, madeBy, approvedBy, raises } = asked
  const { amountMinor, lines } = assessed
  const note = { chargeId, kind, amountMinor, lines, reason, source, madeBy, approvedBy }
  return insertNote(tx, { account, asOf, number }, { ...note, ...(raises !== undefined && { raises }) })
}

function postingsOf(
  account: LockedAccount,
  { kind: chargeKind, nature, lines }: ChargeToCorrect,
  { kind, assessed }: { kind: AskedNote['kind']; assessed: AssessedNote },
): Posting[] {
  const { amountMinor } = assessed
  if (kind === 'write-off') return postWrittenOff(account, { amountMinor })
  if (nature === 'demand') return []
  const rounding = new Set(lines.filter((line) => line.kind === 'rounding').map(({ line }) => line))
  const roundingMinor = assessed.lines
    .filter(({ line }) => rounding.has(line))
    .reduce((sum, { amountMinor: minor }) => sum + minor, 0)
  return postCreditNote(account, { kind: chargeKind, nature, amountMinor, openMinor: amountMinor, roundingMinor })
}

async function postNote(
  tx: Tx,
  { account, asOf }: NoteContext,
  { number, postings }: { number: string; postings: readonly Posting[] },
): Promise<void> {
  const { plant, accountId, currency } = account
  await post(tx, { eventKey: `note:${number}`, plant, accountId, currency, businessAt: asOf, postings })
}
