import { Type } from '@fastify/type-provider-typebox'
import { meterPassword } from '../../db/meter-login.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { findVisibleAccess } from '../../db/queries/meter-access.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { staffOf } from '../principal.ts'
import { Closed, Plant, Serial } from '../schemas.ts'
import { notFound } from '../visible.ts'

const Access = Type.Object({
  serial: Serial,
  plant: Plant,
  generation: Type.Integer({ description: 'Counts how often the meter was given a password of its own.' }),
  username: Type.String(),
  clientId: Type.String(),
  password: Type.String(),
  isApplied: Type.Boolean({ description: 'The broker has been told already.' }),
})

/** With what a meter comes in at the broker. Each look is in the audit log; the password is in no table. */
export function meterAccessRoutes(app: Api, { db, now, config }: ApiDeps): void {
  app.get(
    '/v1/meters/:serial/access',
    {
      config: { action: 'meters.read-access' },
      schema: {
        tags: ['Meter stock'],
        summary: 'User name and password of an assigned or installed meter, to set it up',
        params: Closed({ serial: Serial }),
        response: { 200: Access },
      },
    },
    async (request) => {
      const { serial } = request.params
      const staff = staffOf(request)
      const key = config.meterAccessKey
      const access = key && (await findVisibleAccess(db, staff, serial))
      if (key === undefined || access === undefined) throw notFound('access')
      const { plant, generation } = access
      const businessAt = await businessNow(db, plant, now())
      const subject = `meter:${serial}`
      const after = { generation, trace: request.id }
      // No password without its line in the log.
      await inTransaction(db, (tx) =>
        recordAudit(tx, { actor: staff.actor, action: 'readMeterAccess', subject, plant, businessAt, after }),
      )
      return { ...access, username: serial, clientId: serial, password: meterPassword(key, access) }
    },
  )
}
