import { Client, Connection } from '@temporalio/client'
import { buildApp } from '../../../api/app.ts'
import type { Api, ApiDeps, ApiSettings } from '../../../api/deps.ts'
import type { Db } from '../../../db/client.ts'
import { createSession, type SessionHolder } from '../../../db/queries/sessions.ts'
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts'

export type Headers = { readonly authorization: string }

export interface OpenApi {
  readonly app: Api
  readonly logIn: (holder: SessionHolder) => Promise<Headers>
}

export interface TestApi extends OpenApi {
  readonly database: TestDatabase
  readonly close: () => Promise<void>
}

interface Choices {
  readonly client?: Client
  readonly now?: () => number
  readonly config?: Partial<ApiSettings>
}

const FAR_AWAY = '2099-01-01T00:00:00.000Z'

/** A Temporal that nobody runs: what needs none works, what does says so. Never closed, for a retry may be waiting in it. */
function temporalNowhere(): Client {
  return new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) })
}

/** The API on a database and a Temporal of the test's own, reached by injection. Close `app` in `afterAll`. */
export async function openApi(db: Db, choices: Choices = {}): Promise<OpenApi> {
  const deps: ApiDeps = {
    db,
    client: choices.client ?? temporalNowhere(),
    taskQueue: 'operations',
    now: choices.now ?? Date.now,
    log: false,
    config: {
      namespace: 'default',
      temporalUiUrl: 'http://temporal.test',
      logInsPerMinute: 1000,
      kycKey: Buffer.alloc(32, 7),
      ...choices.config,
    },
  }
  const app = await buildApp(deps)
  await app.ready()
  return { app, logIn: async (holder) => ({ authorization: `Bearer ${await createSession(db, holder, FAR_AWAY)}` }) }
}

/** The same on an empty database of its own. Close it in `afterAll`. */
export async function startApi(choices: Choices = {}): Promise<TestApi> {
  const database = await freshDatabase()
  const api = await openApi(database.db, choices)
  const close = async (): Promise<void> => {
    await api.app.close()
    await database.close()
  }
  return { ...api, database, close }
}
