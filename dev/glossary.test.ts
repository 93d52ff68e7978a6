import { expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8')
const glossary = read('docs/glossary.md')

// Workflows name most stages themselves; those of a billing cycle are worked out in domain/.
const sources = [
  // How a failure is worded is no stage.
  ...readdirSync(`${root}workflows`)
    .filter((file) => file !== 'procedure.ts' && !file.endsWith('.test.ts'))
    .map((file) => `workflows/${file}`),
  'domain/billing-cycle.ts',
  'domain/advance-cycle.ts',
]

/** Words that stand as a stage or an outcome in a place of the code where nothing else does. */
const PLACES = [
  /\bname: '([A-Z]\w+)'/g,
  /\bstage\('([A-Z]\w+)'/g,
  /\bstage: '([A-Z]\w+)'/g,
  /\boutcome: '([A-Z]\w+)'/g,
  /\breturn '([A-Z]\w+)'/g,
  /\bat: \[([^\]]*)\]/g,
  /[?:] '([A-Z]\w+)'/g,
  /^\s+'([A-Z][a-zA-Z]+)',$/gm,
  /(?:'[A-Z]\w+' \| )+'[A-Z]\w+'/g,
]

const words = new Set(
  sources.flatMap((file) => {
    const text = read(file)
    return PLACES.flatMap((place) => [...text.matchAll(place)].map(([whole, inner]) => inner ?? whole)).flatMap((found) =>
      [...found.matchAll(/^([A-Z][a-zA-Z]+)$|'([A-Z][a-z]+[a-zA-Z]*)'/g)].map(([, bare, quoted]) => bare ?? quoted ?? ''),
    )
  }),
)
test('the sources name stages and outcomes at all', () => {
  expect([...words]).toEqual(
    expect.arrayContaining(['Requested', 'Chasing', 'Active', 'Lapsed', 'Banned', 'PayingOut', 'Posted']),
  )
})

test.each([...words].sort())('%s is explained', (word) => {
  expect(glossary).toMatch(new RegExp(`^\\|.*\\| \`${word}(?: …)?\` \\|`, 'm'))
})
