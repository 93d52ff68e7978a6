import { expect, test } from '@jest/globals'
import { foldName, nameMatches } from './name-folding.ts'

test.each([
  ['सुनीता देवी', 'Sunita Devi'],
  ['सुनीता', 'Suneeta'],
  ['राम कुमार', 'Ram Kumar'],
  ['लक्ष्मी', 'Laxmi'],
  ['लक्ष्मी', 'Lakshmi'],
  ['महेश', 'Mahesh'],
  ['सिंह', 'Singh'],
  ['मुन्ना', 'Munna'],
  ['ममता', 'Mamta'],
  ['चंपा', 'Champa'],
  ['कृष्ण', 'Krishna'],
  ['विजय', 'Vijay'],
  ['प्रिया', 'Priya'],
  ['आशा', 'Asha'],
  ['उमा', 'Uma'],
  ['ज्ञान', 'Gyan'],
  ['चौधरी', 'Chaudhary'],
  ['अच्छे', 'Achchhe'],
  ['कहार', 'Kahar'],
  ['फ़ातिमा', 'Fatima'],
])('%s and %s are found by each other', (devanagari, latin) => {
  expect(foldName(devanagari)).toEqual(foldName(latin))
})

test('the beginning of each word is enough, in any order and script', () => {
  expect(nameMatches('dev sun', ['Sunita Devi', null])).toBe(true)
  expect(nameMatches('सुन', ['Sunita Devi'])).toBe(true)
})

test('another name is not found', () => {
  expect(nameMatches('Asha', ['Sunita Devi', 'सुनीता देवी'])).toBe(false)
  expect(nameMatches('?!', ['Sunita Devi'])).toBe(false)
})
