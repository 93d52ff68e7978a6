import { describe, expect, test } from '@jest/globals'
import { Ajv } from 'ajv'
import type { ValidateFunction } from 'ajv'
import { readFileSync } from 'node:fs'
import { decodeAck, decodeCommand, decodeEvent, decodeState, decodeStatus, decodeTelemetry } from '../messages.ts'
import { METER_LEAVES, RETAINED } from '../topics.ts'
import { contractDocument, contractFile } from './document.ts'
import { FIELDS } from './fields.ts'
import { contractPage } from './page.ts'
import { contractSchemas, fieldPaths, noteKey } from './schemas.ts'

const ts = '2026-07-01T00:00:00Z'
const reading = { seq: 1, ts, kind: 'periodic', energy_import_wh: 835_708 }
const telemetry = { v: 1, boot_id: 7, readings: [reading] }
const state = {
  v: 1,
  boot_id: 7,
  applied_version: 3,
  relay: 'closed',
  relay_mode: 'auto',
  load_limit_w: 500,
  active_from: '18:00',
  active_to: '06:00',
  utc_offset_min: 330,
  ts,
}
const args = { load_limit_w: 500, active_from: '18:00', active_to: '06:00', utc_offset_min: 330, relay: 'auto' }
const command = { v: 1, command_id: 'c', name: 'set_desired', desired_version: 3, args, issued_at: ts, expires_at: ts }
const ack = { v: 1, command_id: 'c', status: 'SUCCEEDED', applied_version: 3, ts }

const document = contractDocument() as any // eslint-disable-line @typescript-eslint/no-explicit-any -- a document is looked into by paths.
const ajv = new Ajv({ strict: false, formats: { 'date-time': isRealInstant } })
const schemas = contractSchemas()
const fits = (name: string): ValidateFunction => ajv.compile(schemas[name] ?? false)

describe('the published contract', () => {
  // After a change that is meant: npm run meter-contract
  test.each([
    ['docs/asyncapi.json', contractFile],
    ['docs/meter-contract.md', contractPage],
  ])('%s is what the code checks by', (path, text) => {
    expect(readFileSync(path, 'utf8')).toBe(text())
  })

  test('every field has its meaning, and no meaning is without a field', () => {
    const keys = Object.values(schemas).flatMap((schema) => fieldPaths(schema).map(noteKey))
    expect(keys.filter((key) => !(key in FIELDS))).toEqual([])
    expect(Object.keys(FIELDS).filter((key) => !keys.includes(key))).toEqual([])
  })

  test('units stand last in the names of fields, and agree with what is said', () => {
    const units: Record<string, string> = { wh: 'Wh', w: 'W', v: 'V', a: 'A', hz: 'Hz', min: 'min' }
    for (const [name, { unit }] of Object.entries(FIELDS)) {
      const ending = name.includes('_') ? units[name.split('_').at(-1) ?? ''] : undefined
      if (ending !== undefined) expect([name, unit]).toEqual([name, ending])
    }
    expect(schemas.TelemetryMessage).toHaveProperty(
      'properties.readings.items.properties.energy_import_wh.x-obis',
      '1.0.1.8.0.255',
    )
    expect(schemas.StateMessage).toHaveProperty('properties.relay.x-obis', '0.0.96.3.10.255')
  })

  test('has one channel and one operation a leaf, with the QoS and retain flag of the code', () => {
    expect(Object.keys(document.channels)).toEqual([...METER_LEAVES])
    const operations = Object.values<any>(document.operations) // eslint-disable-line @typescript-eslint/no-explicit-any -- as above
    for (const leaf of METER_LEAVES) {
      expect(document.channels[leaf].address).toBe(`mg/v1/{plant}/{serial}/${leaf}`)
      const [operation, ...more] = operations.filter(({ channel }) => channel.$ref === `#/channels/${leaf}`)
      expect(more).toEqual([])
      expect(operation.action).toBe(leaf === 'cmd' ? 'receive' : 'send')
      expect(operation.bindings.mqtt).toMatchObject({ qos: 1, retain: RETAINED[leaf], bindingVersion: '0.2.0' })
    }
  })

  test('points nowhere that is not there', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path)
    expect(refs.length).toBeGreaterThan(20)
    for (const path of refs) expect(document).toHaveProperty(path.split('/'))
  })
})

describe('a schema of the contract', () => {
  test.each([
    ['StatusMessage', decodeStatus, { v: 1, online: true, boot_id: 7, fw: '1.2', ts }],
    ['StatusMessage', decodeStatus, { v: 1, online: false, boot_id: 7 }],
    ['TelemetryMessage', decodeTelemetry, telemetry],
    ['EventMessage', decodeEvent, { v: 1, boot_id: 7, seq: 2, ts, name: 'power_on' }],
    ['StateMessage', decodeState, { ...state, refused: { version: 4, code: 'UNSUPPORTED' } }],
    ['SetDesiredCommand', decodeCommand, command],
    ['ReadNowCommand', decodeCommand, { v: 1, command_id: 'c', name: 'read_now', issued_at: ts, expires_at: ts }],
    ['AckMessage', decodeAck, { ...ack, status: 'REJECTED', reason: { code: 'EXPIRED' } }],
  ])('%s accepts what the decoder accepts, unknown fields too', (name, decode, message) => {
    for (const sample of [message, { ...message, new_in_2031: 1 }]) {
      expect(decode(bytes(sample)).ok).toBe(true)
      expect(fits(name)(sample)).toBe(true)
    }
  })

  test.each([
    ['StatusMessage', decodeStatus, { v: 1, boot_id: 7 }],
    ['StatusMessage', decodeStatus, { v: 2, online: true, boot_id: 7 }],
    ['TelemetryMessage', decodeTelemetry, { ...telemetry, readings: [] }],
    ['TelemetryMessage', decodeTelemetry, { ...telemetry, readings: [{ ...reading, energy_import_wh: 1.5 }] }],
    ['TelemetryMessage', decodeTelemetry, { ...telemetry, readings: [{ ...reading, energy_import_wh: '12' }] }],
    ['TelemetryMessage', decodeTelemetry, { ...telemetry, readings: [{ ...reading, energy_import_wh: -1 }] }],
    ['TelemetryMessage', decodeTelemetry, { ...telemetry, readings: [{ ...reading, kind: 'hourly' }] }],
    ['TelemetryMessage', decodeTelemetry, { ...telemetry, readings: [{ ...reading, seq: 2 ** 31 }] }],
    ['TelemetryMessage', decodeTelemetry, { ...telemetry, readings: [{ ...reading, ts: '2026-02-30T00:00:00Z' }] }],
    ['TelemetryMessage', decodeTelemetry, { ...telemetry, readings: [{ ...reading, ts: '2026-07-01T00:00:00+05:30' }] }],
    ['EventMessage', decodeEvent, { v: 1, boot_id: 7, seq: 2, ts, name: 'party' }],
    ['StateMessage', decodeState, { ...state, relay: 'ajar' }],
    ['StateMessage', decodeState, { ...state, active_from: '24:01' }],
    ['SetDesiredCommand', decodeCommand, { ...command, desired_version: 0 }],
    ['SetDesiredCommand', decodeCommand, { ...command, args: { ...args, relay: 'toggle' } }],
    ['ReadNowCommand', decodeCommand, { v: 1, name: 'read_now', issued_at: ts, expires_at: ts }],
    ['AckMessage', decodeAck, { ...ack, status: 'MAYBE' }],
    ['AckMessage', decodeAck, { ...ack, reason: { code: 'TIRED' } }],
  ])('%s refuses what the decoder refuses (%#)', (name, decode, message) => {
    expect(decode(bytes(message)).ok).toBe(false)
    expect(fits(name)(message)).toBe(false)
  })
})

function bytes(message: object): Buffer {
  return Buffer.from(JSON.stringify(message))
}

function isRealInstant(text: string): boolean {
  const ms = Date.parse(text)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text.slice(0, 10))
}
