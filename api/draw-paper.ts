import type { Db } from '../db/client.ts'
import { findBill } from '../db/queries/account-history.ts'
import { readAppliedAt, readPaperHead } from '../db/queries/papers/head.ts'
import { readNote } from '../db/queries/papers/notes.ts'
import { findPaper, type StoredPaper, storePaper } from '../db/queries/papers/stored.ts'
import { readReceipt } from '../db/queries/receipts.ts'
import type { BillDocument } from '../domain/bill-document.ts'
import { hoursOf } from '../domain/calendar.ts'
import { type Paper, TEMPLATE_VERSION } from '../papers/document.ts'
import { billPaper } from '../papers/models/bill.ts'
import { commitmentsPaper } from '../papers/models/commitments.ts'
import { notePaper } from '../papers/models/note.ts'
import { receiptPaper } from '../papers/models/receipt.ts'
import { type PaperKey, paperIdOf } from './paper-ids.ts'

/** Who first asked for a paper, and when by the plant's clock. */
export interface Asked {
  readonly plant: string
  readonly madeBy: string
  readonly madeAt: string
}

/**
 * The paper of that key: as it was stored, or, asked for the first time, drawn up from rows that never change and stored
 * (docs/decisions/0022-papers.md). Undefined when there is nothing it could be drawn from.
 */
export async function standingPaper(db: Db, key: PaperKey, asked: () => Promise<Asked>): Promise<StoredPaper | undefined> {
  const paperId = paperIdOf(key)
  const stored = await findPaper(db, paperId)
  if (stored !== undefined) return stored
  const model = await drawUp(db, key)
  if (model === undefined) return undefined
  return storePaper(db, { ...key, ...(await asked()), paperId, templateVersion: TEMPLATE_VERSION, model })
}

async function drawUp(db: Db, key: PaperKey): Promise<Paper | undefined> {
  if (key.kind === 'bill') return drawBill(db, key)
  if (key.kind === 'receipt') return drawReceipt(db, key)
  if (key.kind === 'note') return drawNote(db, key)
  if (key.kind === 'commitments') return drawCommitments(db, key)
  // Statements and certificates say how things stood when somebody had them made: none is made by asking for it.
  return undefined
}

async function drawBill(db: Db, { accountId, subject, language }: PaperKey): Promise<Paper | undefined> {
  const bill = await findBill(db, accountId, subject)
  if (bill === undefined) return undefined
  const document = bill.document as BillDocument
  const { head } = await readPaperHead(db, { accountId, on: bill.issuedAt })
  return billPaper({ ...head, customerId: document.customerId, holder: document.holder }, document, language)
}

async function drawReceipt(db: Db, { accountId, subject, language }: PaperKey): Promise<Paper | undefined> {
  const issued = await readReceipt(db, subject)
  if (issued === undefined || issued.receipt.accountId !== accountId) return undefined
  const { head } = await readPaperHead(db, { accountId, on: issued.receipt.issuedAt })
  return receiptPaper(head, issued.receipt, language)
}

async function drawNote(db: Db, { accountId, subject, language }: PaperKey): Promise<Paper | undefined> {
  const note = await readNote(db, accountId, subject)
  if (note === undefined) return undefined
  const { head } = await readPaperHead(db, { accountId, on: note.issuedAt })
  return notePaper(head, note, language)
}

/** What is promised is the policy of the day of the application, whenever it is printed. */
async function drawCommitments(db: Db, { accountId, subject, language }: PaperKey): Promise<Paper | undefined> {
  const appliedAt = subject === accountId ? await readAppliedAt(db, accountId) : undefined
  if (appliedAt === undefined) return undefined
  const { head, policy } = await readPaperHead(db, { accountId, on: appliedAt })
  const facts = {
    issuedAt: appliedAt,
    noSupplyDays: hoursOf(policy.tasks.targets['no-supply']) / 24,
    noticeClearDays: policy.chasing.clearDaysAfterNotice,
    depositRefundDays: hoursOf(policy.closing.refundWithin) / 24,
  }
  return commitmentsPaper({ ...head, customerId: null }, facts, language)
}
