import qrcode from 'qrcode-generator'
import type { Mark, Sheet } from './sheet.ts'
import type { Strip } from './strips.ts'

/** Quiet zone around the code, in its squares (ISO/IEC 18004). */
const QUIET = 4
/** On paper in points, on a roll in dots: about 30 mm. */
const SIDE = { points: 96, dots: 264 } as const

/** A QR code of medium error correction whose left edge, quiet zone included, is at `x`; at least as small as a phone can still read. */
export function qrStrip(content: string, { sheet, x }: { sheet: Sheet; x: number }): Strip & { readonly width: number } {
  const code = qrcode(0, 'M')
  code.addData(content)
  code.make()
  const count = code.getModuleCount()
  // Whole dots on a roll, half points on paper: squares that fall between dots come out grey.
  const step = sheet.dots ? 1 : 0.5
  const square = Math.max(Math.floor((sheet.dots ? SIDE.dots : SIDE.points) / count / step) * step, 2 * step)
  const left = Math.round(x / step) * step
  const marks = Array.from({ length: count }, (_, row) => darkStretches(code, row)).flatMap((stretches, row) =>
    stretches.map(({ from, length }): Mark => ({
      type: 'box',
      x: left + square * (QUIET + from),
      y: square * (QUIET + row),
      width: square * length,
      height: square,
      ink: 'ink',
    })),
  )
  const side = square * (count + 2 * QUIET)
  const paper: Mark = { type: 'box', x: left, y: 0, width: side, height: side, ink: 'paper' }
  return { width: side, height: side, marks: [paper, ...marks] }
}

function darkStretches(code: ReturnType<typeof qrcode>, row: number): { from: number; length: number }[] {
  const found: { from: number; length: number }[] = []
  for (let column = 0; column < code.getModuleCount(); column += 1) {
    if (!code.isDark(row, column)) continue
    const last = found.at(-1)
    if (last !== undefined && last.from + last.length === column) last.length += 1
    else found.push({ from: column, length: 1 })
  }
  return found
}
