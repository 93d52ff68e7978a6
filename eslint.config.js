// The house rules that a machine can hold: which folder may know which, how big a thing may be, and what TypeScript we do without.
// Why: CONTRIBUTING.md. `dev/tidy.test.ts` plants violations of each rule and sees them caught.
import { defineConfig } from 'eslint/config'
import { builtinModules } from 'node:module'
import tseslint from 'typescript-eslint'

const folders = [
  'domain',
  'workflows',
  'activities',
  'workers',
  'api',
  'db',
  'meters',
  'notifications',
  'papers',
  'web',
  'import',
  'dev',
  'simulate',
  'deploy',
  'bench',
  'test',
]
const tests = ['**/*.test.ts', 'test/**']
const builtins = builtinModules.filter((name) => !name.startsWith('_')).flatMap((name) => [name, `node:${name}`])

/**
 * What a folder may import from: its own files, the folders named, and any package unless `packages` names the only ones.
 * `typesOf` may be imported as types alone.
 */
function mayImport(folder, { from = [], typesOf = [], packages, config = false }) {
  const others = folders.filter((other) => ![folder, ...from, ...typesOf].includes(other))
  const patterns = [
    {
      regex: `^(\\.\\./)+(${others.join('|')})/`,
      message: `${folder}/ must not know this folder: imports go one way (CONTRIBUTING.md).`,
    },
    ...typesOf.map((other) => ({
      regex: `^(\\.\\./)+${other}/`,
      allowTypeImports: true,
      message: `${folder}/ may import only types from ${other}/.`,
    })),
    ...(config
      ? []
      : [
          { regex: '^(\\.\\./)+config\\.', message: 'Only the entry files of processes read the configuration; hand values on.' },
        ]),
    ...(packages
      ? [
          {
            regex: `^(?!\\.{1,2}/|(${packages.join('|')})$)`,
            message: `${folder}/ may use no packages but ${packages.join(', ')}.`,
          },
        ]
      : []),
  ]
  return {
    files: [`${folder}/**/*.ts`],
    ignores: tests,
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  }
}

const noEnumsNorDefaults = [
  { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
  { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
]
const noEnvironment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Only config.ts reads the environment.',
}
const noClock = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'A rule is handed instants; it reads no clock.',
  },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'A rule is handed instants; it reads no clock.' },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: 'A rule is handed ids; it makes none.',
  },
]

export default defineConfig(
  { ignores: ['dist/', 'var/', '.cache/', 'coverage/', 'web/', 'db/tables.ts', 'test/histories/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      // Objects here are closures without `this`, so a method taken off one still works.
      '@typescript-eslint/unbound-method': 'off',
      // Functions that fulfil an asynchronous interface without waiting for anything are no mistake.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'no-restricted-syntax': ['error', ...noEnumsNorDefaults, noEnvironment],
    },
  },
  {
    files: ['**/*.{ts,mjs}'],
    rules: {
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
      'max-depth': ['error', 3],
      'max-params': ['error', 3],
      'prefer-const': 'error',
      eqeqeq: 'error',
      'no-console': 'off',
    },
  },

  mayImport('domain', { packages: ['temporal-polyfill'] }),
  mayImport('workflows', {
    from: ['domain'],
    typesOf: ['activities', 'db'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
  }),
  mayImport('activities', { from: ['db', 'meters', 'notifications', 'domain'], typesOf: ['workflows'] }),
  mayImport('db', { from: ['domain'], typesOf: ['notifications', 'papers'] }),
  mayImport('meters', { from: ['domain'] }),
  mayImport('notifications', { from: ['domain'] }),
  mayImport('papers', { from: ['notifications', 'domain'] }),
  mayImport('api', { from: ['workflows', 'db', 'papers', 'notifications', 'domain'], config: true }),
  mayImport('workers', { from: ['workflows', 'activities', 'db', 'meters', 'notifications', 'domain'], config: true }),
  mayImport('import', { from: ['api', 'db', 'domain'], config: true }),
  mayImport('simulate', {
    from: ['dev', 'workers', 'workflows', 'activities', 'db', 'meters', 'notifications', 'domain'],
    config: true,
  }),
  mayImport('dev', { from: folders.filter((folder) => folder !== 'test'), config: true }),
  {
    files: ['domain/**/*.ts', 'workflows/**/*.ts'],
    ignores: tests,
    rules: { 'no-restricted-imports': ['error', { paths: builtins }] },
  },
  {
    files: ['domain/**/*.ts'],
    ignores: tests,
    rules: { 'no-restricted-syntax': ['error', ...noEnumsNorDefaults, noEnvironment, ...noClock] },
  },

  // The one reader of the environment; tests and the demo's own programs are started by hand as well.
  {
    files: ['config.ts', '**/*.test.ts', 'test/**/*.ts', 'dev/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...noEnumsNorDefaults] },
  },
  {
    files: tests,
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      'max-params': 'off', // A row of a table of cases is as wide as the case.
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      // Answers of injected requests are JSON of no declared type; the assertions check it.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  // The type of what a factory of activities or a schema returns is worked out from it; nobody could write it down twice.
  {
    files: ['activities/**/*.ts', 'api/schemas.ts', 'api/schemas/**/*.ts'],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
  // A migration is one list of statements.
  { files: ['db/migrations/**/*.ts'], rules: { 'max-lines-per-function': 'off' } },
)
