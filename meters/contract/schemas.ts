import {
  AckMessage,
  EventMessage,
  ReadNowCommand,
  SetDesiredCommand,
  StateMessage,
  StatusMessage,
  TelemetryMessage,
} from '../messages.ts'
import { FIELDS } from './fields.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** The schemas the code itself checks by, with the meaning, unit and OBIS code of every field. */
export function contractSchemas(): Readonly<Record<string, JsonObject>> {
  const schemas = { StatusMessage, TelemetryMessage, EventMessage, StateMessage, AckMessage, SetDesiredCommand, ReadNowCommand }
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, annotated(plain(schema))]))
}

/** The fields of a schema by path, `readings.seq`; lists are passed through. */
export function fieldPaths(schema: JsonObject, parents: readonly string[] = []): string[] {
  const { properties, items } = schema
  if (isObject(items)) return fieldPaths(items, parents)
  if (!isObject(properties)) return []
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = [...parents, name]
    return [path.join('.'), ...(isObject(field) ? fieldPaths(field, path) : [])]
  })
}

/** The key into `FIELDS` for a field at a path: `args.relay` where it stands there, or else `relay`. */
export function noteKey(path: string): string {
  const names = path.split('.')
  const lastTwo = names.slice(-2).join('.')
  return lastTwo in FIELDS ? lastTwo : (names.at(-1) ?? path)
}

function annotated(schema: JsonObject, parents: readonly string[] = []): JsonObject {
  const { properties, items } = schema
  if (isObject(items)) return { ...schema, items: annotated(items, parents) }
  if (!isObject(properties)) return asChoice(schema)
  const fields = Object.entries(properties).map(([name, field]): [string, Json] => {
    const path = [...parents, name]
    return [name, isObject(field) ? { ...annotated(field, path), ...noteOf(path) } : field]
  })
  return { ...schema, properties: Object.fromEntries(fields) }
}

function noteOf(path: readonly string[]): JsonObject {
  const note = FIELDS[noteKey(path.join('.'))]
  if (note === undefined) return {}
  const { says, unit, obis } = note
  return {
    description: says,
    ...(unit === undefined ? {} : { 'x-unit': unit }),
    ...(obis === undefined ? {} : { 'x-obis': obis }),
  }
}

/** A choice of texts as a list, which generators of code for a meter make more of than of a union of constants. */
function asChoice(schema: JsonObject): JsonObject {
  const { anyOf } = schema
  if (!Array.isArray(anyOf)) return schema
  const texts = anyOf.flatMap((one: Json) => (isObject(one) && typeof one.const === 'string' ? [one.const] : []))
  return texts.length === anyOf.length ? { type: 'string', enum: texts } : schema
}

function plain(schema: object): JsonObject {
  return JSON.parse(JSON.stringify(schema)) as JsonObject
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
