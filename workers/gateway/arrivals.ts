import type { Tx } from '../../db/client.ts'
import { readClock } from '../../db/queries/clock.ts'
import { businessAt } from '../../domain/business-time.ts'
import type { IncomingMessage } from '../../meters/incoming.ts'

export type FromMeter = Exclude<IncomingMessage, { leaf: 'unreadable' }>
export type Of<L extends FromMeter['leaf']> = Extract<FromMeter, { leaf: L }>

/** Business time of a message's arrival, and how fast its plant's clock runs. */
export interface Arrival {
  readonly at: string
  readonly speed: number
}

/** Why a message is not believed, if so: nobody has such a meter, or not there, or it is none that speaks. */
export function problemWith(
  message: Pick<FromMeter, 'plant'>,
  meter: { readonly plant: string; readonly kind: string } | undefined,
): string | undefined {
  if (meter === undefined) return 'UNKNOWN_METER'
  if (meter.plant !== message.plant) return 'WRONG_PLANT'
  return meter.kind === 'smart' ? undefined : 'NOT_A_SMART_METER'
}

/** What time it is at the plant. `wallMs`: wall time. */
export async function arrivalAt(tx: Tx, plant: string, wallMs: number): Promise<Arrival> {
  const clock = await readClock(tx, plant)
  return { at: businessAt(clock, wallMs), speed: clock.at(-1)?.speed ?? 1 }
}
