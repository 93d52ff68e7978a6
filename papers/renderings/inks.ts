import type { Ink } from '../layout/sheet.ts'

export type Inks = Readonly<Record<Ink | 'flame', string>>

/**
 * On screens and in colour: the clay of an oil lamp. Everything that must be read is dark enough to be printed in black. Each channel is
 * a multiple of 15, the steps an image is made of.
 */
export const COLOURS: Inks = {
  ink: '#1e1e1e',
  quiet: '#695a5a',
  accent: '#963c0f',
  line: '#e1d2c3',
  tint: '#fff0e1',
  paper: '#ffffff',
  flame: '#e1871e',
}

/** On a thermal printer: dots or none. */
export const BLACK: Inks = {
  ink: '#000000',
  quiet: '#000000',
  accent: '#000000',
  line: '#000000',
  tint: '#ffffff',
  paper: '#ffffff',
  flame: '#000000',
}

/** The lamp (diya) of our papers, in a square of 100. */
export const LAMP = {
  flame: 'M50 6C61 23 69 33 69 46C69 57 61 64 50 64C39 64 31 57 31 46C31 33 39 23 50 6Z',
  bowl: 'M4 66C22 74 78 74 96 66C94 85 75 95 50 95C25 95 6 85 4 66Z',
} as const
