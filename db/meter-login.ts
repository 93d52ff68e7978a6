import { createHmac } from 'node:crypto'

/** Whom a meter's account is for. A new generation is another password: whoever knew the last one is out. */
export interface MeterGeneration {
  readonly serial: string
  readonly plant: string
  readonly generation: number
}

/** Changed when a meter may do something else than before, so that every account is made again. */
const RIGHTS = 1

/**
 * The password of a meter: 32 hexadecimal digits (128 bits), easy to type on a bench. Worked out from the key, so that none is kept
 * anywhere; user name and client id are the serial.
 */
export function meterPassword(key: Buffer, { serial, generation }: Omit<MeterGeneration, 'plant'>): string {
  return createHmac('sha256', key).update(`meter ${serial} ${generation}`).digest('hex').slice(0, 32)
}

/**
 * What the broker keeps beside the meter's name, so that a comparison sees whether its account is the one wanted: plant, generation,
 * the kind of rights, and eight digits that say by which key the password was made.
 */
export function accessMark(key: Buffer, { plant, generation }: Omit<MeterGeneration, 'serial'>): string {
  return `${plant} ${generation} ${RIGHTS} ${createHmac('sha256', key).update('mark').digest('hex').slice(0, 8)}`
}
