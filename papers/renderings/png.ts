import { zlibSync } from 'fflate'
import type { Paper } from '../document.ts'
import { layOut } from '../layout/pages.ts'
import { A4, A5 } from '../layout/sheet.ts'
import { COLOURS } from './inks.ts'
import { pixelsOf } from './raster.ts'
import { svgOf } from './svg.ts'

/** Dots to the point: 840 dots of width for A5 and 892 for A4, what a phone shows sharply. */
const ZOOM = { a5: 2, a4: 1.5 } as const

/** A paper as one image to share, as long as it needs to be; of few colours, for small connections. */
export async function pngOf(paper: Paper): Promise<Buffer> {
  const sheet = { ...(paper.sheet === 'a5' ? A5 : A4), height: Infinity }
  const [page] = layOut(paper, sheet)
  const svg = svgOf(page ?? { height: 0, marks: [] }, { width: sheet.width, inks: COLOURS })
  return paletted(await pixelsOf(svg, ZOOM[paper.sheet]))
}

/** Pixels as a PNG of few colours (ISO/IEC 15948), each channel in eighteen steps: letters stay smooth, files small. */
export function paletted({ width, height, rgba }: { width: number; height: number; rgba: Uint8Array }): Buffer {
  const indexes = new Int16Array(STEPS ** 3).fill(-1)
  const palette: number[] = []
  const rows = Buffer.alloc((width + 1) * height)
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const colour = (stepOf(rgba, pixel * 4) * STEPS + stepOf(rgba, pixel * 4 + 1)) * STEPS + stepOf(rgba, pixel * 4 + 2)
    let index = indexes[colour] ?? 0
    if (index < 0) {
      index = Math.min(palette.push(colour), 256) - 1
      indexes[colour] = index
    }
    // Each row begins with its filter: none.
    rows[pixel + Math.floor(pixel / width) + 1] = index
  }
  const colours = Buffer.from(palette.slice(0, 256).flatMap(channelsOf))
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', Buffer.from(zlibSync(rows, { level: 6 }))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

// Steps of 15. Our few inks and what lies between each and its ground make about a hundred colours.
const STEPS = 18

function stepOf(rgba: Uint8Array, at: number): number {
  return Math.round((rgba[at] ?? 0) / 15)
}

function channelsOf(colour: number): number[] {
  return [Math.floor(colour / STEPS ** 2), Math.floor(colour / STEPS) % STEPS, colour % STEPS].map((step) => step * 15)
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

const CRC_TABLE = Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value >>> 0
})

function crc32(data: Buffer): number {
  let crc = 0xffffffff
  for (const byte of data) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}
