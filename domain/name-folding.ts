// The letters that Latin spelling tells apart in many ways, or not at all, come out as one.
const DEVANAGARI: Readonly<Record<string, string>> = {
  क: 'k',
  ख: 'k',
  ग: 'g',
  घ: 'g',
  ङ: 'n',
  च: 'c',
  छ: 'c',
  ज: 'j',
  झ: 'j',
  ञ: 'n',
  ट: 't',
  ठ: 't',
  ड: 'd',
  ढ: 'd',
  ण: 'n',
  त: 't',
  थ: 't',
  द: 'd',
  ध: 'd',
  न: 'n',
  प: 'p',
  फ: 'p',
  ब: 'b',
  भ: 'b',
  म: 'm',
  य: 'y',
  र: 'r',
  ल: 'l',
  ळ: 'l',
  व: 'v',
  श: 's',
  ष: 's',
  स: 's',
  ह: 'h',
  'ं': 'n',
  'ँ': 'n',
  ऋ: 'ra',
  'ृ': 'ra',
  '्': '-',
  '़': '',
  'ः': '',
}
const JOINED: readonly (readonly [RegExp, string])[] = [
  [/ज्ञ/g, 'gy'],
  [/[डढ]़/g, 'r'],
]
const LATIN: readonly (readonly [RegExp, string])[] = [
  [/singh$/, 'sinh'],
  [/x/g, 'ks'],
  [/w/g, 'v'],
  [/q/g, 'k'],
  [/z/g, 'j'],
  [/f/g, 'p'],
  [/([kgcjtdpbs])h+/g, '$1'],
  [/([kgcjtdpbs])h+/g, '$1'],
]

/**
 * The bones of a name, word by word, alike in Devanagari and Latin letters and however it is spelt: consonants without breath
 * or doubling, an `a` for a vowel at the start. `सुनीता`, `Sunita` and `Suneeta` all give `snt` (policy "Names and numbers").
 */
export function foldName(name: string): string[] {
  return name
    .normalize('NFD')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .map(foldWord)
    .filter(Boolean)
}

/** True when every word asked for begins some word of one of the names. */
export function nameMatches(asked: string, names: readonly (string | null)[]): boolean {
  const wanted = foldName(asked)
  const words = names.flatMap((name) => (name === null ? [] : foldName(name)))
  return wanted.length > 0 && wanted.every((part) => words.some((word) => word.startsWith(part)))
}

function foldWord(word: string): string {
  const letters = /\p{Script=Devanagari}/u.test(word) ? fromDevanagari(word) : replaceAll(word.replace(/\p{M}/gu, ''), LATIN)
  return letters
    .replace(/([a-z])-?\1+/g, '$1')
    .replaceAll('-', '')
    .replace(/m(?=[pb])/g, 'n')
    .replace(/(?<=.)[aeiouy]+/g, '')
    .replace(/^[aeiou]/, 'a')
}

function fromDevanagari(word: string): string {
  const letters = [...replaceAll(word, JOINED)].map(
    (letter) => DEVANAGARI[letter] ?? (/\p{Script=Devanagari}/u.test(letter) ? vowelOrDigit(letter) : letter),
  )
  // Without a mark between them two equal consonants have a vowel in between: ममता is mamta, मुन्ना is munna.
  return letters.join('').replace(/([b-df-hj-np-tv-z])(?=\1)/g, '$1a')
}

function vowelOrDigit(letter: string): string {
  const digit = '०१२३४५६७८९'.indexOf(letter)
  return digit === -1 ? 'a' : String(digit)
}

function replaceAll(text: string, rules: readonly (readonly [RegExp, string])[]): string {
  return rules.reduce((done, [pattern, by]) => done.replace(pattern, by), text)
}
