// A hook of Node's module loader: workflows loaded after it was registered get the engine in place of Temporal's SDK and their clock.

const STAND_INS: Readonly<Record<string, string>> = {
  '@temporalio/workflow': './workflow-sdk.js',
  './plant-clock.js': './plant-clock.js',
}

const WORKFLOWS = new URL('../../workflows/', import.meta.url).href

interface Resolved {
  readonly url: string
}
type Next = (specifier: string, context: object) => Promise<Resolved>

/** Called by Node for every import. */
export async function resolve(specifier: string, context: { readonly parentURL?: string }, next: Next): Promise<Resolved> {
  const standIn = STAND_INS[specifier]
  if (standIn === undefined || context.parentURL?.startsWith(WORKFLOWS) !== true) return next(specifier, context)
  return next(new URL(standIn, import.meta.url).href, context)
}
