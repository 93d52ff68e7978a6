import { sql } from 'kysely'
import type { Api, ApiDeps } from '../deps.ts'

const PROBE_WITHIN_MS = 2000

/** `live`: this process answers. `ready`: it reaches Postgres and Temporal, which is when a balancer should send people here. */
export function reportHealth(app: Api, { db, client }: ApiDeps): void {
  app.get('/health/live', { schema: { hide: true } }, () => ({ status: 'ok' }))
  app.get('/health/ready', { schema: { hide: true } }, async (_request, reply) => {
    const [database, temporal] = await Promise.all([
      answers(sql`select 1`.execute(db)),
      answers(client.withDeadline(Date.now() + PROBE_WITHIN_MS, () => client.workflowService.getSystemInfo({}))),
    ])
    return reply
      .code(database && temporal ? 200 : 503)
      .send({ status: database && temporal ? 'ok' : 'unavailable', database, temporal })
  })
}

async function answers(probe: Promise<unknown>): Promise<boolean> {
  const timer = AbortSignal.timeout(PROBE_WITHIN_MS)
  const late = new Promise<false>((resolve) => timer.addEventListener('abort', () => resolve(false)))
  return Promise.race([
    probe.then(
      () => true,
      () => false,
    ),
    late,
  ])
}
