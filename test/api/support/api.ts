import { Client, Connection } from '@temporalio/client'
import { buildApp } from '../../../api/app.ts'
import type { Api, ApiDeps, ApiSettings } from '../../../api/deps.ts'
import { createSession, type SessionHolder } from '../../../db/queries/sessions.ts'
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts'

export interface TestApi {
  readonly app: Api
  readonly database: TestDatabase
  readonly logIn: (holder: SessionHolder) => Promise<Headers>
  readonly close: () => Promise<void>
}

export type Headers = { readonly authorization: string }

/** A Temporal that nobody runs: what needs none works, what does says so. */
function temporalNowhere(): Client {
  return new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) })
}

/** The API on a database of its own, reached by injection. Close it in `afterAll`. */
export async function startApi(more: { client?: Client; now?: () => number; config?: Partial<ApiSettings> } = {}): Promise<TestApi> {
  const database = await freshDatabase()
  const now = more.now ?? Date.now
  const deps: ApiDeps = {
    db: database.db, client: more.client ?? temporalNowhere(), taskQueue: 'operations', now, log: false,
    config: { namespace: 'default', temporalUiUrl: 'http://temporal.test', logInsPerMinute: 1000, kycKey: Buffer.alloc(32, 7), ...more.config },
  }
  const app = await buildApp(deps)
  await app.ready()
  const logIn = async (holder: SessionHolder): Promise<Headers> => {
    const token = await createSession(database.db, holder, new Date(now() + 3_600_000).toISOString())
    return { authorization: `Bearer ${token}` }
  }
  const close = async (): Promise<void> => {
    await app.close()
    await database.close()
  }
  return { app, database, logIn, close }
}
