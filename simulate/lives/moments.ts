import { addToInstant, startOfDay } from '../../domain/calendar.ts'
import { ZONE } from '../world.ts'
import type { Channel } from './life.ts'
import type { Random } from './random.ts'

/** A time of the day at which people pay, to the second. */
export function moment(random: Random, date: string): string {
  const seconds = random.whole(10 * 3_600, 17 * 3_600)
  return addToInstant(startOfDay(date, ZONE), `PT${seconds}S`, ZONE)
}

export function channelOf(random: Random): Channel {
  return random.pick([
    [6, 'wallet'],
    [4, 'cash'],
  ])
}
