import { expect, test } from '@jest/globals'
import { toCsv } from './csv.ts'

test.each([
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['says "no"', '"says ""no"""'],
  ['two\nlines', '"two\nlines"'],
  ['=1+2', "'=1+2"],
  ['+91', "'+91"],
  ['-5', "'-5"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
  ['सुनीता', 'सुनीता'],
])('the text %j is written so that it is read back and does nothing', (text, written) => {
  expect(toCsv(['of'], [[text]])).toBe(`of\r\n${written}\r\n`)
})

test('numbers stay numbers, below zero too; nothing is empty', () => {
  expect(toCsv(['a', 'b', 'c'], [[-5, null, true]])).toBe('a,b,c\r\n-5,,true\r\n')
})
