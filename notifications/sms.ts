import { plainSigns } from './plain-signs.ts'

// GSM 03.38: characters outside this table turn the whole message into UCS-2 and halve what fits.
const GSM_BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const GSM_EXTENDED = '\f^{}\\[~]|€'

export type SmsEncoding = 'gsm' | 'ucs2'

export interface SmsSegments {
  readonly encoding: SmsEncoding
  readonly segments: number
}

const CAPACITY: Readonly<Record<SmsEncoding, { readonly single: number; readonly part: number }>> = {
  gsm: { single: 160, part: 153 },
  ucs2: { single: 70, part: 67 },
}

function gsmUnits(character: string): number | undefined {
  if (GSM_BASIC.includes(character)) return 1
  return GSM_EXTENDED.includes(character) ? 2 : undefined
}

// A character that takes two units is never split over two segments, so a segment may end one unit short.
function packSegments(unitsOfCharacters: readonly number[], partCapacity: number): number {
  let segments = 1
  let used = 0
  for (const units of unitsOfCharacters) {
    if (used + units > partCapacity) {
      segments += 1
      used = 0
    }
    used += units
  }
  return segments
}

/**
 * Makes a text cheap to send: where plain signs bring all of it into the GSM alphabet they are used; a text in Devanagari
 * stays as it is, for it costs UCS-2 anyway and its own signs are shorter.
 */
export function smsBody(text: string): string {
  const plain = plainSigns(text)
  return smsSegments(plain).encoding === 'gsm' ? plain : text
}

/** Counts the segments a text is charged as: 160 or 70 characters alone, 153 or 67 a part when it is longer. */
export function smsSegments(text: string): SmsSegments {
  const characters = [...text]
  const gsm = characters.map(gsmUnits)
  const isGsm = gsm.every((units) => units !== undefined)
  const encoding = isGsm ? 'gsm' : 'ucs2'
  const units = isGsm ? gsm.map((count) => count ?? 0) : characters.map((character) => character.length)
  const { single, part } = CAPACITY[encoding]
  const total = units.reduce((sum, count) => sum + count, 0)
  return { encoding, segments: total === 0 ? 0 : total <= single ? 1 : packSegments(units, part) }
}
