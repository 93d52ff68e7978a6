import type { Role } from '../../../domain/roles.ts'
import type { Api } from '../../../api/deps.ts'

export type Schema = Readonly<Record<string, unknown>> & {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly examples?: readonly unknown[]
  readonly minimum?: number
  readonly minLength?: number
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Schema
  readonly example?: unknown
}

/** A route as the OpenAPI document tells of it. */
export interface DocumentedRoute {
  readonly title: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly body: Schema | undefined
  /** Content types other than JSON are not tried. */
  readonly isJson: boolean
  readonly roles: readonly Role[]
  readonly isIdempotent: boolean
  readonly responses: Readonly<Record<string, unknown>>
}

interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<Record<string, unknown>>
  readonly 'x-roles'?: readonly Role[]
}

/** Every route under /v1, read from the document itself. */
export function documentedRoutes(app: Api): DocumentedRoute[] {
  const { paths } = app.swagger() as unknown as { paths: Record<string, Record<string, Operation>> }
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, operation]) => {
      const method = verb.toUpperCase() as DocumentedRoute['method']
      const parameters = operation.parameters ?? []
      return {
        title: `${method} ${path}`,
        method,
        path,
        parameters,
        body: operation.requestBody?.content['application/json']?.schema,
        isJson: operation.requestBody === undefined || 'application/json' in operation.requestBody.content,
        roles: operation['x-roles'] ?? [],
        isIdempotent: parameters.some(({ name }) => name.toLowerCase() === 'idempotency-key'),
        responses: operation.responses,
      }
    }),
  )
}

/** A value that fits the schema, from its examples where it has some. */
export function sample(schema: Schema): unknown {
  const [example] = schema.examples ?? schema.enum ?? []
  if (example !== undefined) return example
  if (schema.anyOf?.[0] !== undefined) return sample(schema.anyOf[0])
  if (schema.type === 'object')
    return Object.fromEntries((schema.required ?? []).map((name) => [name, sample(schema.properties?.[name] ?? {})]))
  if (schema.type === 'array') return schema.items === undefined ? [] : [sample(schema.items)]
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(schema.minimum ?? 1, 1)
  if (schema.type === 'boolean') return true
  return 'words'.padEnd(schema.minLength ?? 0, ' and more words')
}

/** The path with these values in it, or samples; and the required part of the query. */
export function urlOf(route: DocumentedRoute, values: Readonly<Record<string, string>> = {}): string {
  const valueOf = ({ name, example, schema }: Parameter): string => values[name] ?? String(example ?? sample(schema))
  const named = new Map(
    route.parameters.filter((parameter) => parameter.in === 'path').map((parameter) => [parameter.name, valueOf(parameter)]),
  )
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(named.get(name) ?? ''))
  const query = route.parameters.filter((parameter) => parameter.in === 'query' && parameter.required === true)
  const search = new URLSearchParams(query.map((parameter): [string, string] => [parameter.name, valueOf(parameter)])).toString()
  return search === '' ? path : `${path}?${search}`
}
