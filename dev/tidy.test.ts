import { describe, expect, test } from '@jest/globals'
import { ESLint } from 'eslint'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import tseslint from 'typescript-eslint'
import { NOTICE_TRAITS } from '../notifications/notices.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = [
  'domain',
  'workflows',
  'activities',
  'workers',
  'api',
  'db',
  'meters',
  'notifications',
  'papers',
  'import',
  'simulate',
  'dev',
  'deploy',
  'test',
  'bench',
]

// Without the rules that need types: planted files are not part of the program, and reading the whole program takes a while.
const withoutTypes = new ESLint({ cwd: root, overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }] })

async function rulesBrokenBy(filePath: string, text: string): Promise<string[]> {
  const [result] = await withoutTypes.lintText(text, { filePath: path.join(root, filePath) })
  return [...new Set((result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message))]
}

function uses(imported: string): string {
  return `import { planted } from '${imported}'\nplanted()\n`
}

const wrongImports = [
  ['domain/planted.ts', '../db/client.ts'],
  ['domain/planted.ts', 'kysely'],
  ['domain/planted.ts', 'node:crypto'],
  ['workflows/planted.ts', '../activities/index.ts'],
  ['workflows/planted.ts', '../db/client.ts'],
  ['workflows/planted.ts', 'node:fs'],
  ['workflows/planted.ts', 'pg'],
  ['activities/planted.ts', '../api/errors.ts'],
  ['activities/planted.ts', '../workflows/index.ts'],
  ['db/queries/planted.ts', '../../activities/index.ts'],
  ['db/queries/planted.ts', '../../meters/client.ts'],
  ['meters/planted.ts', '../db/client.ts'],
  ['notifications/planted.ts', '../db/client.ts'],
  ['notifications/planted.ts', '../papers/document.ts'],
  ['papers/planted.ts', '../db/client.ts'],
  ['papers/renderings/planted.ts', '../../api/errors.ts'],
  ['workflows/planted.ts', '../papers/document.ts'],
  ['api/routes/planted.ts', '../../activities/index.ts'],
  ['api/routes/planted.ts', '../../meters/client.ts'],
  ['workers/planted.ts', '../api/app.ts'],
  ['workers/planted.ts', '../dev/village/load.ts'],
  ['import/planted.ts', '../dev/village/load.ts'],
  ['db/planted.ts', '../config.ts'],
] as const

const rightImports = [
  ['domain/planted.ts', './money.ts'],
  ['domain/planted.ts', 'temporal-polyfill'],
  ['workflows/planted.ts', '../domain/money.ts'],
  ['workflows/planted.ts', '@temporalio/workflow'],
  ['activities/planted.ts', '../db/client.ts'],
  ['activities/planted.ts', '../meters/messages.ts'],
  ['db/queries/planted.ts', '../../domain/money.ts'],
  ['api/routes/planted.ts', '../../db/queries/accounts.ts'],
  ['api/routes/planted.ts', '../../papers/renderings/render.ts'],
  ['papers/models/planted.ts', '../../notifications/receipt.ts'],
  ['api/routes/planted.ts', '../../workflows/procedure.ts'],
  ['workers/planted.ts', '../config.ts'],
] as const

const wrongCode = [
  ['an enum', 'domain/planted.ts', 'export enum Stage { Open }', 'no-restricted-syntax'],
  ['a default export', 'db/planted.ts', 'export default 1', 'no-restricted-syntax'],
  ['any', 'db/planted.ts', 'export const row: any = 1', '@typescript-eslint/no-explicit-any'],
  [
    'a non-null assertion',
    'db/planted.ts',
    'export const first = (rows: number[]): number => rows[0]!',
    '@typescript-eslint/no-non-null-assertion',
  ],
  ['a clock in a rule', 'domain/planted.ts', 'export const today = Date.now()', 'no-restricted-syntax'],
  ['the environment', 'activities/planted.ts', 'export const url = process.env.DATABASE_URL', 'no-restricted-syntax'],
  [
    'a type imported as a value',
    'db/planted.ts',
    "import { Db } from './client.ts'\nexport const close = (db: Db): unknown => db",
    '@typescript-eslint/consistent-type-imports',
  ],
  [
    'four parameters',
    'db/planted.ts',
    'export const sum = (a: number, b: number, c: number, d: number): number => a + b + c + d',
    'max-params',
  ],
  ['a long file', 'db/planted.ts', 'export {}\n'.repeat(301), 'max-lines'],
  [
    'a long function',
    'db/planted.ts',
    `export function long(): void {\n${'  close()\n'.repeat(60)}}\ndeclare function close(): void`,
    'max-lines-per-function',
  ],
  [
    'deep nesting',
    'db/planted.ts',
    'for (const a of [[[[1]]]]) { for (const b of a) { for (const c of b) { for (const d of c) console.log(d) } } }',
    'max-depth',
  ],
] as const

describe('lint catches', () => {
  test.each(wrongImports)('%s importing %s', async (file, imported) => {
    const broken = await rulesBrokenBy(file, uses(imported))
    expect(broken.filter((rule) => rule.endsWith('no-restricted-imports'))).not.toEqual([])
  })

  test.each(rightImports)('but lets %s import %s', async (file, imported) => {
    expect(await rulesBrokenBy(file, uses(imported))).toEqual([])
  })

  test('but lets workflows name the types of activities', async () => {
    const text = "import type { Activities } from '../activities/index.ts'\nexport type Own = Activities\n"
    expect(await rulesBrokenBy('workflows/planted.ts', text)).toEqual([])
  })

  test.each(wrongCode)('%s', async (_what, file, text, rule) => {
    expect(await rulesBrokenBy(file, text)).toContain(rule)
  })

  test('a promise nobody waits for, in every folder', async () => {
    const eslint = new ESLint({ cwd: root })
    for (const folder of ['domain', 'workflows', 'activities', 'workers', 'api', 'db', 'meters', 'notifications', 'test']) {
      const config = (await eslint.calculateConfigForFile(path.join(root, folder, 'planted.ts'))) as {
        rules: Record<string, unknown[]>
      }
      expect(config.rules['@typescript-eslint/no-floating-promises']?.[0]).toBe(2)
    }
  })
})

describe('the tree', () => {
  const files = sources.flatMap(filesIn)

  test('no file has a name that says nothing', () => {
    const vague = /(^|[-./])(utils?|helpers?|common|misc|stuff|service|manager|shared|lib)([-./]|$)/i
    expect(files.filter((file) => vague.test(file))).toEqual([])
  })

  test('file names are kebab-case', () => {
    expect(
      files.filter((file) => /\.(ts|mjs)$/.test(file) && !/^[a-z0-9-]+(\.[a-z]+)?\.(ts|mjs)$/.test(path.basename(file))),
    ).toEqual([])
  })

  test('every workflow is exported from workflows/index.ts, or no worker would run it', () => {
    const index = readFileSync(path.join(root, 'workflows/index.ts'), 'utf8')
    const forgotten = filesIn('workflows').filter((file) => isWorkflow(file) && !index.includes(`'./${path.basename(file)}'`))
    expect(forgotten).toEqual([])
  })

  test('every notice is sent by somebody: a text that nobody sends is a promise that nobody keeps', () => {
    const senders = ['activities', 'db', 'api', 'workers', 'meters'].flatMap(filesIn).filter((file) => !file.includes('.test.'))
    const sent = senders.map((file) => readFileSync(path.join(root, file), 'utf8')).join('')
    expect(Object.keys(NOTICE_TRAITS).filter((kind) => !sent.includes(`'${kind}'`))).toEqual([])
  })
})

/** A workflow's file exports a function of its own name and runs its body as a procedure; the rest are parts of workflows. */
function isWorkflow(file: string): boolean {
  const name = path.basename(file, '.ts').replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const text = readFileSync(path.join(root, file), 'utf8')
  return text.includes(`export async function ${name}(`) && /\breturn procedure\(/.test(text)
}

function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
  } catch {
    return [] // A folder that is still to come.
  }
}
