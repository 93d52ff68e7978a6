import { Ajv } from 'ajv'
import type { Api } from '../deps.ts'

/**
 * Nothing is bent into shape: a body's `"5"` is not a number, an unknown field is refused, and all that is wrong is told at
 * once. Only the query, the path and the headers, which are always text, are read as the type they should have.
 */
export function validateStrictly(app: Api): void {
  const strict = { allErrors: true, strict: false, removeAdditional: false, useDefaults: true } as const
  const asWritten = new Ajv({ ...strict, coerceTypes: false })
  const fromText = new Ajv({ ...strict, coerceTypes: true })
  for (const ajv of [asWritten, fromText]) {
    ajv.addFormat('date', (text: string) => isRealDay(text))
    ajv.addFormat('date-time', (text: string) => isRealDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(text)))
  }
  app.setValidatorCompiler<object>(({ schema, httpPart }) => (httpPart === 'body' ? asWritten : fromText).compile(schema))
}

/** The 31st of February has the right form and does not exist. */
function isRealDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00.000Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}
