import { DomainError } from '../../domain/errors.ts'
import { canonicalJson, type Paper, TEMPLATE_VERSION } from '../document.ts'
import { escposOf } from './escpos.ts'
import { pdfOf } from './pdf.ts'
import { pngOf } from './png.ts'
import { textOf } from './text.ts'

/** What a paper can be had as. */
export const PAPER_FORMATS = ['json', 'pdf', 'png', 'escpos', 'text', 'sms'] as const
export type PaperFormat = (typeof PAPER_FORMATS)[number]

/** The content type of each. */
export const CONTENT_TYPES: Readonly<Record<PaperFormat, string>> = {
  json: 'application/json; charset=utf-8',
  pdf: 'application/pdf',
  png: 'image/png',
  escpos: 'application/octet-stream',
  text: 'text/plain; charset=utf-8',
  sms: 'text/plain; charset=utf-8',
}

const RENDERINGS: Readonly<Record<PaperFormat, (paper: Paper) => Promise<Buffer> | Buffer>> = {
  json: (paper) =>
    Buffer.from(canonicalJson({ kind: paper.kind, number: paper.number, issuedAt: paper.issuedAt, ...paper.record })),
  pdf: pdfOf,
  png: pngOf,
  escpos: escposOf,
  text: (paper) => Buffer.from(textOf(paper)),
  sms: (paper) => Buffer.from(paper.sms ?? ''),
}

/** The formats a paper has: an SMS only where its model says one. */
export function formatsOf(paper: Pick<Paper, 'sms'>): PaperFormat[] {
  return PAPER_FORMATS.filter((format) => format !== 'sms' || paper.sms !== null)
}

/**
 * Renders a paper. The same paper gives the same bytes, on any machine and at any time. Throws NOT_FOUND for a format the paper does
 * not have, and an error for a paper of another template than this program has: it cannot be made as it was.
 */
export async function renderPaper(
  paper: Paper,
  { format, templateVersion }: { format: PaperFormat; templateVersion: number },
): Promise<Buffer> {
  if (templateVersion !== TEMPLATE_VERSION)
    throw new Error(`Papers of template ${templateVersion} cannot be made by this program`)
  if (!formatsOf(paper).includes(format)) throw new DomainError('NOT_FOUND', 'This paper has no such form')
  return RENDERINGS[format](paper)
}
