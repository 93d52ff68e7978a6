import { describe, expect, jest, test } from '@jest/globals'
import { ConfigError, loadConfig, tellConfigError, type Environment } from './config.ts'

const key = Buffer.alloc(32, 7).toString('base64')
const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
const nextSecret = `whsec_${Buffer.alloc(24, 2).toString('base64')}`

function problemsOf(env: Environment): string[] {
  try {
    loadConfig(['database', 'migration', 'mqtt', 'temporal', 'api', 'webhooks', 'kyc', 'log'], env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
}

describe('configuration', () => {
  test('a process is asked only for what it needs', () => {
    expect(loadConfig(['temporal', 'log'], {})).toEqual({
      temporal: { address: 'localhost:7233', namespace: 'default', taskQueue: 'operations' },
      log: { level: 'info' },
    })
  })

  test('everything that is missing is named at once', () => {
    expect(problemsOf({})).toEqual(['DATABASE_URL is not set', 'MQTT_URL is not set', 'KYC_KEY is not set'])
  })

  test('what is missing is told in lines and ends the process badly; anything else is thrown on', () => {
    const said = jest.spyOn(console, 'error').mockImplementation(() => undefined)
    tellConfigError(new ConfigError(['DATABASE_URL is not set', 'DATABASE_URL is not set']))
    expect(said.mock.calls).toEqual([['DATABASE_URL is not set']])
    expect(process.exitCode).toBe(1)
    process.exitCode = undefined
    expect(() => tellConfigError(new Error('the disk is full'))).toThrow('the disk is full')
    said.mockRestore()
  })

  test('migrations log in as the owner when one is named, else as everybody', () => {
    const env = { DATABASE_URL: 'postgres://app@db/diya' }
    expect(loadConfig(['migration'], env).migration.url).toBe('postgres://app@db/diya')
    expect(loadConfig(['migration'], { ...env, MIGRATION_DATABASE_URL: 'postgres://owner@db/diya' }).migration.url).toBe(
      'postgres://owner@db/diya',
    )
  })

  test('whoever keeps the accounts of meters needs the broker’s account for it; without a key nobody does', () => {
    const parts = ['meterAccess', 'brokerAccess'] as const
    expect(loadConfig(parts, {})).toEqual({
      meterAccess: { key: undefined },
      brokerAccess: { username: 'diya-access', password: '' },
    })
    expect(() => loadConfig(parts, { METER_ACCESS_KEY: key })).toThrow('MQTT_ACCESS_PASSWORD is not set')
    expect(() => loadConfig(parts, { METER_ACCESS_KEY: 'short' })).toThrow('METER_ACCESS_KEY: expected 32 bytes in base64')
    const complete = loadConfig(parts, { METER_ACCESS_KEY: key, MQTT_ACCESS_PASSWORD: 'word' })
    expect(complete.meterAccess.key).toHaveLength(32)
  })

  test('a provider may have two secrets while one is replaced', () => {
    const { webhooks } = loadConfig(['webhooks'], { WEBHOOK_SECRETS: `wallet=${secret},wallet=${nextSecret},bank=${secret}` })
    expect(webhooks.secrets).toEqual({ wallet: [secret, nextSecret], bank: [secret] })
  })

  test.each([
    ['DATABASE_URL', 'db.example/diya', 'DATABASE_URL: expected a URL that begins with postgres:// or postgresql://'],
    ['MQTT_URL', 'http://broker', 'MQTT_URL: expected a URL that begins with mqtt:// or mqtts:// or ws:// or wss://'],
    ['MQTT_CA_FILE', '/nowhere/ca.crt', 'MQTT_CA_FILE: there is no such file'],
    ['API_PORT', '80.5', 'API_PORT: expected a whole number from 0 to 65535'],
    ['KYC_KEY', 'c2hvcnQ=', 'KYC_KEY: expected 32 bytes in base64 (openssl rand -base64 32)'],
    [
      'WEBHOOK_SECRETS',
      'wallet=guess',
      'WEBHOOK_SECRETS: expected provider=whsec_<base64, at least 24 bytes>, separated by commas',
    ],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL: expected one of fatal, error, warn, info, debug, trace, silent'],
  ])('a wrong %s is refused in one line that does not repeat a secret', (name, value, problem) => {
    const good = { DATABASE_URL: 'postgres://app@db/diya', MQTT_URL: 'mqtt://broker', KYC_KEY: key }
    expect(problemsOf({ ...good, [name]: value })).toContain(problem)
    expect(problemsOf(good)).toEqual([])
  })
})
