import type { Api, ApiDeps } from './deps.ts'
import { sessionRoutes } from './routes/sessions.ts'

/** Every resource of the API; a new one is one line here and one file in routes/. */
const RESOURCES = [sessionRoutes] as const satisfies readonly ((app: Api, deps: ApiDeps) => void)[]

/** Adds every resource's routes. */
export function addRoutes(app: Api, deps: ApiDeps): void {
  for (const addResource of RESOURCES) addResource(app, deps)
}
