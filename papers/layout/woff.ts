import { inflateSync } from 'node:zlib'

const HEADER = 44
const ENTRY = 20

interface FontTable {
  readonly tag: Buffer
  readonly checksum: number
  readonly data: Buffer
}

/** Unpacks a WOFF 1.0 file (W3C) into the font inside, which is what a shaper and a PDF take. Lossless. */
export function unpackWoff(woff: Buffer): Buffer {
  if (woff.toString('latin1', 0, 4) !== 'wOFF') throw new Error('This is no WOFF font')
  const tables = Array.from({ length: woff.readUInt16BE(12) }, (_, index) => tableAt(woff, HEADER + ENTRY * index))
  return Buffer.concat([directoryOf(woff.subarray(4, 8), tables), ...tables.flatMap(({ data }) => [data, paddingOf(data)])])
}

function tableAt(woff: Buffer, at: number): FontTable {
  const [offset, packedLength, length] = [woff.readUInt32BE(at + 4), woff.readUInt32BE(at + 8), woff.readUInt32BE(at + 12)]
  const packed = woff.subarray(offset, offset + packedLength)
  return {
    tag: woff.subarray(at, at + 4),
    checksum: woff.readUInt32BE(at + 16),
    data: packedLength < length ? inflateSync(packed) : packed,
  }
}

function directoryOf(flavour: Buffer, tables: readonly FontTable[]): Buffer {
  const head = Buffer.alloc(12)
  const selector = Math.floor(Math.log2(tables.length))
  flavour.copy(head)
  head.writeUInt16BE(tables.length, 4)
  head.writeUInt16BE(16 * 2 ** selector, 6)
  head.writeUInt16BE(selector, 8)
  head.writeUInt16BE(16 * (tables.length - 2 ** selector), 10)
  let offset = 12 + 16 * tables.length
  const entries = tables.map(({ tag, checksum, data }) => {
    const entry = Buffer.alloc(16)
    tag.copy(entry)
    entry.writeUInt32BE(checksum, 4)
    entry.writeUInt32BE(offset, 8)
    entry.writeUInt32BE(data.length, 12)
    offset += data.length + paddingOf(data).length
    return entry
  })
  return Buffer.concat([head, ...entries])
}

function paddingOf(data: Buffer): Buffer {
  return Buffer.alloc((4 - (data.length % 4)) % 4)
}
