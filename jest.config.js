// Two projects: `unit` is fast and needs nothing; `integration` lives on real Postgres, MQTT and Temporal, one file at a time
// because the time-skipping server has one clock for everyone.
const transform = {
  '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } }],
}
const base = { transform, extensionsToTreatAsEsm: ['.ts'], testEnvironment: 'node', modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.cache', '<rootDir>/var'] }

export default {
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/{domain,workflows,activities,api,db,meters,notifications,dev}/**/*.test.ts'] },
    { ...base, displayName: 'integration', testMatch: ['<rootDir>/test/**/*.test.ts'], globalSetup: '<rootDir>/test/support/global-setup.ts', globalTeardown: '<rootDir>/test/support/global-teardown.ts' },
  ],
}
