import type { Paper } from '../document.ts'
import { layOut } from '../layout/pages.ts'
import { qrStrip } from '../layout/qr.ts'
import { type Page, ROLL } from '../layout/sheet.ts'
import { BLACK } from './inks.ts'
import { pixelsOf } from './raster.ts'
import { svgOf } from './svg.ts'
import { linesOf, type TextLine, type TextQr } from './text.ts'

const RESET = [0x1b, 0x40]
const BOLD = { on: [0x1b, 0x45, 1], off: [0x1b, 0x45, 0] } as const
const LARGE = { on: [0x1d, 0x21, 0x11], off: [0x1d, 0x21, 0x00] } as const
const FEED = [0x1b, 0x64, 4]
/** Rows sent at a time: small printers have memory for little more. */
const BAND = 128
/** Darker than this is a dot. */
export const DARK = 150

/**
 * A paper as ESC/POS bytes for a 58 mm printer (384 dots). What the printer's own letters can say is sent as text, fast and sharp;
 * Devanagari, and anything else beyond ASCII, is sent as an image.
 */
export async function escposOf(paper: Paper): Promise<Buffer> {
  const lines = linesOf(paper)
  const isPlain = paper.language === 'en' && lines.every((line) => 'qr' in line || /^[ -~]*$/.test(line.text))
  const bytesOf = async (line: TextLine | TextQr): Promise<Buffer> => ('qr' in line ? qrBytes(line.qr) : textBytes(line))
  const body = isPlain ? await Promise.all(lines.map(bytesOf)) : [await rollBytes(paper)]
  return Buffer.concat([Buffer.from(RESET), ...body, Buffer.from(FEED)])
}

/** The image a paper is on a roll: one page of 384 dots. */
export function rollPage(paper: Paper): Page {
  return layOut(paper, ROLL)[0] ?? { height: 0, marks: [] }
}

async function rollBytes(paper: Paper): Promise<Buffer> {
  return rasterBytes(svgOf(rollPage(paper), { width: ROLL.width, inks: BLACK }))
}

async function qrBytes(content: string): Promise<Buffer> {
  const side = qrStrip(content, { sheet: ROLL, x: 0 }).width
  return rasterBytes(svgOf(qrStrip(content, { sheet: ROLL, x: (ROLL.width - side) / 2 }), { width: ROLL.width, inks: BLACK }))
}

function textBytes({ text, style }: TextLine): Buffer {
  const [on, off] = { plain: [[], []], bold: [BOLD.on, BOLD.off], large: [LARGE.on, LARGE.off] }[style]
  return Buffer.concat([Buffer.from(on ?? []), Buffer.from(`${text}\n`, 'ascii'), Buffer.from(off ?? [])])
}

/** `GS v 0`: rows of dots, eight to the byte, a bit for a black one. */
async function rasterBytes(svg: string): Promise<Buffer> {
  const { width, height, rgba } = await pixelsOf(svg, 1)
  const perRow = Math.ceil(width / 8)
  const bands: Buffer[] = []
  for (let top = 0; top < height; top += BAND) {
    const rows = Math.min(BAND, height - top)
    const dots = Buffer.alloc(perRow * rows)
    for (let dot = 0; dot < width * rows; dot += 1) {
      const at = Math.floor(dot / width) * perRow + ((dot % width) >> 3)
      if (isDark(rgba, (top * width + dot) * 4)) dots[at] = (dots[at] ?? 0) | (0x80 >> ((dot % width) & 7))
    }
    const head = Buffer.from([0x1d, 0x76, 0x30, 0, perRow & 255, perRow >> 8, rows & 255, rows >> 8])
    bands.push(head, dots)
  }
  return Buffer.concat(bands)
}

function isDark(rgba: Uint8Array, at: number): boolean {
  return (rgba[at] ?? 255) < DARK
}
