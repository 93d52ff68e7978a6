import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hasValuesOf, reportedState, setDesiredCommand } from './desired.ts'
import type { DesiredState } from './desired.ts'
import { decodeAck, decodeCommand, decodeEvent, decodeState, decodeStatus, decodeTelemetry, encodeMessage } from './messages.ts'
import type { StateMessage } from './messages.ts'
import { readIncoming } from './incoming.ts'

const ts = '2026-07-01T00:00:00Z'
const reading = { seq: 1, ts, kind: 'periodic', energy_import_wh: 835708 }
const telemetry = { v: 1, boot_id: 7, readings: [reading] }
const state: StateMessage = {
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
const desired: DesiredState = {
  version: 3,
  loadLimitW: 500,
  activeFrom: '18:00',
  activeTo: '06:00',
  utcOffsetMin: 330,
  relay: 'auto',
  validUntil: null,
}
const envelope = { commandId: 'c-1', issuedAt: ts, expiresAt: '2026-07-01T01:00:00Z' }

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

describe('messages', () => {
  test.each([
    ['status', decodeStatus, { v: 1, online: true, boot_id: 7, fw: '1.2', ts }],
    ['last will', decodeStatus, { v: 1, online: false, boot_id: 7 }],
    ['telemetry', decodeTelemetry, telemetry],
    ['event', decodeEvent, { v: 1, boot_id: 7, seq: 2, ts, name: 'power_on' }],
    ['state', decodeState, state],
    ['refusal in state', decodeState, { ...state, refused: { version: 4, code: 'UNSUPPORTED' } }],
    ['command', decodeCommand, setDesiredCommand(desired, envelope)],
    ['read now', decodeCommand, { v: 1, command_id: 'c', name: 'read_now', issued_at: ts, expires_at: ts }],
    ['ack', decodeAck, { v: 1, command_id: 'c', status: 'REJECTED', reason: { code: 'EXPIRED' }, applied_version: 3, ts }],
  ])('a good %s is read, and fields we do not know are no reason to refuse it', (_name, decode, message) => {
    expect(decode(bytes(message))).toEqual({ ok: true, message })
    expect(decode(bytes({ ...message, new_in_2031: 1 }))).toMatchObject({ ok: true })
  })

  test.each([
    ['nothing', Buffer.alloc(0), 'NOT_JSON'],
    ['half a message', Buffer.from('{"v":1,'), 'NOT_JSON'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00]), 'NOT_JSON'],
    ['no object', bytes(null), 'WRONG_SHAPE'],
    ['another version', bytes({ ...telemetry, v: 2 }), 'WRONG_SHAPE'],
    ['an empty batch', bytes({ ...telemetry, readings: [] }), 'WRONG_SHAPE'],
    ['too many readings', bytes({ ...telemetry, readings: Array.from({ length: 1001 }, () => reading) }), 'WRONG_SHAPE'],
    ['too many bytes', Buffer.alloc(300_000, 32), 'TOO_BIG'],
    ['NUL in a text', bytes({ ...telemetry, readings: [{ ...reading, quality: ['a\u0000'] }] }), 'BAD_TEXT'],
    ['half a surrogate pair', bytes({ ...telemetry, readings: [{ ...reading, quality: ['\ud83d'] }] }), 'BAD_TEXT'],
  ])('a batch with %s is a problem, not a throw', (_name, payload, code) => {
    expect(decodeTelemetry(payload)).toMatchObject({ ok: false, problem: { code } })
  })

  test.each([
    ['negative energy', { energy_import_wh: -1 }],
    ['a fraction of a Wh', { energy_import_wh: 1.5 }],
    ['energy as text', { energy_import_wh: '12' }],
    ['energy beyond a safe integer', { energy_import_wh: 2 ** 53 }],
    ['a 13th month', { ts: '2026-13-01T00:00:00Z' }],
    ['a day that does not exist', { ts: '2026-02-30T00:00:00Z' }],
    ['local time', { ts: '2026-07-01T00:00:00+05:30' }],
    ['year 0', { ts: '0000-01-01T00:00:00Z' }],
    ['a leap second', { ts: '2026-06-30T23:59:60Z' }],
    ['a kind of its own', { kind: 'hourly' }],
    ['no sequence', { seq: undefined }],
    ['a sequence too large to store', { seq: 2 ** 31 }],
  ])('a reading with %s is refused', (_name, wrong) => {
    expect(decodeTelemetry(bytes({ ...telemetry, readings: [{ ...reading, ...wrong }] }))).toMatchObject({
      ok: false,
      problem: { code: 'WRONG_SHAPE', detail: expect.stringContaining('/readings/0') },
    })
  })

  test.each(['24:01', '7:00', '25:00', '12:60', '', 'noon'])('hours from %j are refused', (active_from) => {
    expect(decodeState(bytes({ ...state, active_from }))).toMatchObject({ ok: false })
  })

  test('whatever bytes come, no decoder throws', () => {
    const decoders = [decodeStatus, decodeTelemetry, decodeEvent, decodeState, decodeCommand, decodeAck]
    const deep = Buffer.from(`{"x":"\\u0041","y":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
      fc.json().map((json) => Buffer.from(json)),
    )
    for (const decode of decoders) {
      expect(decode(deep)).toMatchObject({ ok: false })
      fc.assert(fc.property(anything, (payload) => typeof decode(payload).ok === 'boolean'))
    }
  })

  test('a command carries its desired state there and the read-back brings it home', () => {
    for (const wanted of [desired, { ...desired, relay: 'open' as const, validUntil: '2026-08-01T00:00:00.000Z' }]) {
      const command = setDesiredCommand(wanted, envelope)
      expect(decodeCommand(encodeMessage(command))).toEqual({ ok: true, message: command })
      const { relay, ...settings } = command.args
      const reported = reportedState({ ...state, ...settings, relay_mode: relay, applied_version: command.desired_version })
      expect(hasValuesOf(reported, wanted)).toBe(true)
      expect(hasValuesOf(reported, { ...wanted, loadLimitW: 501 })).toBe(false)
    }
  })
})

describe('incoming', () => {
  test('a packet is told by its topic', () => {
    const packet = { topic: 'mg/v1/BHKATS/SM1/telemetry', payload: bytes(telemetry), retain: false }
    expect(readIncoming(packet)).toMatchObject({ leaf: 'telemetry', plant: 'BHKATS', serial: 'SM1', message: telemetry })
  })

  test.each([
    ['mg/v1/BHKATS/SM1/state', 'not json'],
    ['mg/v1/BHKATS/SM1/cmd', '{}'],
    ['other/topic', '{}'],
  ])('what came on %s as %j is unreadable and kept as it is', (topic, payload) => {
    expect(readIncoming({ topic, payload, retain: false })).toMatchObject({
      leaf: 'unreadable',
      topic,
      raw: Buffer.from(payload),
    })
  })
})
