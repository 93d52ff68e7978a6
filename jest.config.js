// Three projects. `unit` is fast and needs nothing. `integration` lives on a real Postgres, broker and Temporal; the tests of a file
// follow one another, because its time-skipping server has one clock for everyone. `journey` does so on whichever servers the environment names.
const transform = {
  '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } }],
}
const base = {
  transform,
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.cache', '<rootDir>/var'],
  watchPathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.cache', '<rootDir>/var'],
}
const servers = {
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
}

export default {
  // Months of business time pass in a test, but a minute of ours is plenty for all but the longest stories.
  testTimeout: 120_000,
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/*.test.ts',
        '<rootDir>/{domain,workflows,activities,api,db,meters,notifications,papers,workers,import,dev,simulate,deploy}/**/*.test.ts',
      ],
    },
    {
      ...base,
      ...servers,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/test/journeys/'],
    },
    // No tests: what `npm run save-histories` runs.
    { ...base, ...servers, displayName: 'histories', testMatch: ['<rootDir>/test/replay/*.story.ts'] },
    { ...base, ...servers, displayName: 'journey', testMatch: ['<rootDir>/test/journeys/**/*.test.ts'] },
  ],
}
