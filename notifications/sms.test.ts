import { describe, expect, test } from '@jest/globals'
import { smsBody, smsSegments } from './sms.ts'

describe('segments of an SMS', () => {
  test.each([
    ['nothing', '', 'gsm', 0],
    ['160 plain letters', 'a'.repeat(160), 'gsm', 1],
    ['161 plain letters', 'a'.repeat(161), 'gsm', 2],
    ['306 plain letters', 'a'.repeat(306), 'gsm', 2],
    ['307 plain letters', 'a'.repeat(307), 'gsm', 3],
    ['80 euro signs, two units each', '€'.repeat(80), 'gsm', 1],
    ['153 euro signs, none of them split', '€'.repeat(153), 'gsm', 3],
    ['70 letters of Hindi', 'क'.repeat(70), 'ucs2', 1],
    ['71 letters of Hindi', 'क'.repeat(71), 'ucs2', 2],
    ['134 letters of Hindi', 'क'.repeat(134), 'ucs2', 2],
    ['a rupee sign', '₹1', 'ucs2', 1],
    ['35 signs beyond the basic plane', '😀'.repeat(35), 'ucs2', 1],
    ['67 signs beyond the basic plane, none split', '😀'.repeat(67), 'ucs2', 3],
  ])('%s', (...[, text, encoding, segments]) => {
    expect(smsSegments(text)).toEqual({ encoding, segments })
  })

  test('an English text is made cheap, a Hindi one keeps its signs', () => {
    expect(smsBody('Pay ₹160 – today’s bill…')).toBe("Pay Rs 160 - today's bill...")
    expect(smsBody('₹160 जमा करें')).toBe('₹160 जमा करें')
  })
})
