import { shape } from '../layout/shape.ts'
import type { Mark, Page } from '../layout/sheet.ts'
import { type Inks, LAMP } from './inks.ts'

type TextMark = Extract<Mark, { type: 'text' }>

/** A page as SVG without a letter of text: every glyph is an outline, so no renderer can shape it in its own way. */
export function svgOf(page: Page, { width, inks }: { width: number; inks: Inks }): string {
  const height = Math.ceil(page.height)
  const shapes = page.marks.map((mark) => shapeOf(mark, inks)).join('')
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<path fill="${inks.paper}" d="M0 0H${width}V${height}H0Z"/>${shapes}</svg>`
  )
}

function shapeOf(mark: Mark, inks: Inks): string {
  if (mark.type === 'text') return `<path fill="${inks[mark.ink]}" d="${outlineOf(mark)}"/>`
  const { x, y } = mark
  if (mark.type === 'box')
    return `<path fill="${inks[mark.ink]}" d="M${digits(x)} ${digits(y)}h${digits(mark.width)}v${digits(mark.height)}h${digits(-mark.width)}Z"/>`
  const place = `transform="translate(${digits(x)} ${digits(y)}) scale(${digits(mark.size / 100)})"`
  return `<g ${place}><path fill="${inks[mark.ink]}" d="${LAMP.bowl}"/><path fill="${inks.flame}" d="${LAMP.flame}"/></g>`
}

function outlineOf({ text, weight, size, x, y }: TextMark): string {
  const parts: string[] = []
  let at = x
  for (const { face, glyphs, positions } of shape(text, weight)) {
    const scale = size / face.font.unitsPerEm
    for (const [index, glyph] of glyphs.entries()) {
      const place = positions[index]
      if (place === undefined) continue
      parts.push(...outline(glyph.path.commands, { x: at + place.xOffset * scale, y: y - place.yOffset * scale, scale }))
      at += place.xAdvance * scale
    }
  }
  return parts.join('')
}

const LETTERS: Readonly<Record<string, string>> = {
  moveTo: 'M',
  lineTo: 'L',
  quadraticCurveTo: 'Q',
  bezierCurveTo: 'C',
  closePath: 'Z',
}

type Commands = readonly { readonly command: string; readonly args: readonly number[] }[]

function outline(commands: Commands, { x, y, scale }: { x: number; y: number; scale: number }): string[] {
  return commands.map(({ command, args }) => {
    const points = args.map((value, index) => digits(index % 2 === 0 ? x + value * scale : y - value * scale))
    return `${LETTERS[command] ?? ''}${points.join(' ')}`
  })
}

// Three digits are finer than any dot; more would only differ in their last.
function digits(value: number): string {
  return String(Math.round(value * 1000) / 1000)
}
