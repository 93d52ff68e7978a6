import { Type } from '@fastify/type-provider-typebox'
import { businessNow } from '../../db/queries/clock.ts'
import { readMeterAtWork } from '../../db/queries/meter-at-work.ts'
import { msOf } from '../../domain/calendar.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { Closed, IsoInstant, Nullable, Plant, Serial } from '../schemas.ts'
import { notFound, visiblePlant } from '../visible.ts'

const Version = Type.Integer({ minimum: 0 })
const Text = Type.String()
const Limit = Type.Integer({ minimum: 0, description: 'Watts' })

const Desired = Type.Object({
  version: Version,
  loadLimitW: Limit,
  activeFrom: Text,
  activeTo: Text,
  relay: Text,
  validUntil: Nullable(IsoInstant),
  source: Type.String({ description: 'The process that asked for it' }),
  businessAt: IsoInstant,
})
const Reported = Type.Object({
  version: Version,
  loadLimitW: Nullable(Limit),
  activeFrom: Nullable(Text),
  activeTo: Nullable(Text),
  relay: Nullable(Text),
  relayMode: Nullable(Text),
  validUntil: Nullable(IsoInstant),
  online: Type.Boolean(),
  refusedVersion: Nullable(Version),
  refusalReason: Nullable(Text),
  reportedAt: Nullable(IsoInstant),
  lastSeenAt: Nullable(IsoInstant),
})
const Command = Type.Object({
  desiredVersion: Version,
  state: Text,
  attempts: Type.Integer(),
  publishedAt: Nullable(IsoInstant),
  lastAnswer: Nullable(Text),
  nextAttemptAt: IsoInstant,
})
const MeterState = Type.Object({
  serial: Serial,
  plant: Plant,
  kind: Text,
  state: Text,
  accountId: Nullable(Text),
  customerId: Nullable(Text),
  desired: Nullable(Desired),
  reported: Nullable(Reported),
  isAsDesired: Type.Boolean(),
  lastContactAgeS: Nullable(Type.Integer({ minimum: 0, description: 'Business seconds since the meter was last heard' })),
  darkReasons: Type.Array(Text, {
    description: 'Why the house has no light: holds, hours, expired, by-itself (an overload), not-yet-obeyed, never-heard',
  }),
  holds: Type.Array(Type.Object({ reason: Text, owner: Text, placedAt: IsoInstant })),
  command: Nullable(Command),
  events: Type.Array(Type.Object({ kind: Text, takenAt: IsoInstant }), { description: 'Newest first' }),
})

/** One meter: what is desired beside what it reports, when it was last heard, and why its house is dark. */
export function meterStateRoutes(app: Api, { db, now }: ApiDeps): void {
  app.get(
    '/v1/plants/:plant/meters/:serial',
    {
      config: { action: 'meters.read' },
      schema: {
        tags: ['Meter stock'],
        summary: 'What a meter should be, what it says it is, and why its house has no light',
        params: Closed({ plant: Plant, serial: Serial }),
        response: { 200: MeterState },
      },
    },
    async (request) => {
      const plant = visiblePlant(request, request.params.plant)
      const asOf = await businessNow(db, plant, now())
      const meter = await readMeterAtWork(db, { plant, serial: request.params.serial, asOf })
      if (meter === undefined) throw notFound('meter')
      const heardAt = meter.reported?.lastSeenAt ?? null
      const lastContactAgeS = heardAt === null ? null : Math.max(0, Math.floor((msOf(asOf) - msOf(heardAt)) / 1_000))
      return {
        ...meter,
        darkReasons: [...meter.darkReasons],
        holds: [...meter.holds],
        events: [...meter.events],
        lastContactAgeS,
      }
    },
  )
}
