import PDFDocument from 'pdfkit'
import type { Paper } from '../document.ts'
import { faceOf } from '../layout/fonts.ts'
import { layOut } from '../layout/pages.ts'
import { shape } from '../layout/shape.ts'
import { A4, A5, type Mark } from '../layout/sheet.ts'
import { COLOURS, LAMP } from './inks.ts'

/** A paper as a PDF with text that can be found and copied. Its only date is the paper's own, so the bytes never change. */
export async function pdfOf(paper: Paper): Promise<Buffer> {
  const sheet = paper.sheet === 'a5' ? A5 : A4
  const document = new PDFDocument({
    size: [sheet.width, sheet.height],
    margin: 0,
    autoFirstPage: false,
    lang: paper.language,
    info: { Title: `${paper.title} ${paper.number}`, Author: paper.supplier, CreationDate: new Date(paper.issuedAt) },
  })
  const bytes = collected(document)
  for (const script of ['devanagari', 'latin', 'latin-ext'] as const)
    for (const weight of ['regular', 'bold'] as const) {
      const { name, sfnt } = faceOf(script, weight)
      document.registerFont(name, sfnt)
    }
  for (const { marks } of layOut(paper, sheet)) {
    document.addPage()
    for (const mark of marks) draw(document, mark)
  }
  document.end()
  return bytes
}

function draw(document: PDFKit.PDFDocument, mark: Mark): void {
  if (mark.type === 'box') document.rect(mark.x, mark.y, mark.width, mark.height).fill(COLOURS[mark.ink])
  else if (mark.type === 'text') drawText(document, mark)
  else {
    document
      .save()
      .translate(mark.x, mark.y)
      .scale(mark.size / 100)
    document.path(LAMP.bowl).fill(COLOURS[mark.ink])
    document.path(LAMP.flame).fill(COLOURS.flame)
    document.restore()
  }
}

function drawText(document: PDFKit.PDFDocument, { text, weight, size, x, y, ink }: Extract<Mark, { type: 'text' }>): void {
  let at = x
  for (const { face, text: part, width } of shape(text, weight)) {
    // An empty list of features: the whole stretch is shaped at once, as it was measured.
    document.font(face.name).fontSize(size).fillColor(COLOURS[ink])
    document.text(part, at, y, { lineBreak: false, baseline: 'alphabetic', features: [] })
    at += width * size
  }
}

async function collected(document: PDFKit.PDFDocument): Promise<Buffer> {
  const chunks: Buffer[] = []
  return new Promise((resolve, reject) => {
    document.on('data', (chunk: Buffer) => chunks.push(chunk))
    document.on('end', () => resolve(Buffer.concat(chunks)))
    document.on('error', reject)
  })
}
