type Both<U> = (U extends unknown ? (part: U) => void : never) extends (all: infer I) => void ? I : never

/** One object of all parts. Throws where two have an activity of the same name: the second would silently replace the first. */
export function mergeActivities<Parts extends readonly object[]>(...parts: Parts): Both<Parts[number]> {
  const names = parts.flatMap((part) => Object.keys(part))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`two activities are named ${twice}`)
  return Object.assign({}, ...parts) as Both<Parts[number]>
}
