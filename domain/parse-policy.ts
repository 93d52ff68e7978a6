import { isIsoDate, isIsoDuration, isLocalTime } from './calendar.ts'
import { DomainError } from './errors.ts'
import { KATSA_POLICY_V1, type PlantPolicy } from './policy.ts'

/**
 * Checks a policy that comes from outside: every field there and no other, of the same kind as in the defaults (duration, time, date,
 * amount, list). Throws POLICY_INVALID naming the first fields that are wrong.
 */
export function parsePolicy(json: unknown): PlantPolicy {
  const faults = [...faultsOf(json, KATSA_POLICY_V1, 'policy')]
  if (faults.length === 0) faults.push(...rangeFaults(json as PlantPolicy))
  if (faults.length > 0) throw new DomainError('POLICY_INVALID', faults.slice(0, 5).join('; '), { faults: faults.length })
  return structuredCopy(json as PlantPolicy)
}

/**
 * A policy that was kept by an older release says nothing of what has become a row since: there the defaults hold. What it says that
 * is not known any more is a fault as ever.
 */
export function completedPolicy(json: unknown): unknown {
  return completedBy(json, KATSA_POLICY_V1)
}

function completedBy(value: unknown, model: unknown): unknown {
  if (value === undefined) return model
  if (!isRecord(value) || !isRecord(model)) return value
  const missing = Object.entries(model).map(([key, part]) => [key, completedBy(value[key], part)])
  return { ...value, ...Object.fromEntries(missing) }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function* faultsOf(value: unknown, model: unknown, path: string): Generator<string, void, void> {
  if (Array.isArray(model)) return yield* listFaults(value, model, path)
  if (typeof model === 'object' && model !== null) return yield* recordFaults(value, model, path)
  if (typeof model === 'number') return yield* numberFaults(value, model, path)
  if (isIsoDuration(model) && !isIsoDuration(value)) yield `${path} is no duration`
  else if (isLocalTime(model) && !isLocalTime(value)) yield `${path} is no time of day`
  else if (isIsoDate(model) && !isIsoDate(value)) yield `${path} is no date`
  else if (typeof value !== typeof model) yield `${path} is no ${typeof model}`
}

function* listFaults(value: unknown, model: readonly unknown[], path: string): Generator<string, void, void> {
  if (!Array.isArray(value)) return yield `${path} is no list`
  for (const [index, one] of value.entries()) yield* faultsOf(one, model[0], `${path}[${index}]`)
}

function* recordFaults(value: unknown, model: object, path: string): Generator<string, void, void> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return yield `${path} is no object`
  for (const key of Object.keys(value)) if (!Object.hasOwn(model, key)) yield `${path}.${key} is not known`
  for (const [key, part] of Object.entries(model))
    yield* faultsOf((value as Record<string, unknown>)[key], part, `${path}.${key}`)
}

/** Where the default is whole so must the value be: only the factors may have a fraction. */
function* numberFaults(value: unknown, model: number, path: string): Generator<string, void, void> {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) yield `${path} is no number from 0`
  else if (Number.isInteger(model) && !Number.isSafeInteger(value)) yield `${path} is no whole number`
}

function rangeFaults(policy: PlantPolicy): string[] {
  const faults: string[] = []
  if (policy.anchorDay < 1 || policy.anchorDay > 31) faults.push('policy.anchorDay is not 1 to 31')
  if (policy.deposit.roundUpToMinor < 1) faults.push('policy.deposit.roundUpToMinor is 0')
  if (policy.deposit.maxParts < 1) faults.push('policy.deposit.maxParts is 0')
  if (policy.chasing.cutFrom >= policy.chasing.cutTo) faults.push('policy.chasing: a cut ends before it begins')
  if (policy.chasing.cutWeekdays.length === 0 || policy.chasing.cutWeekdays.some((day) => day < 1 || day > 7)) {
    faults.push('policy.chasing.cutWeekdays is not 1 to 7')
  }
  return faults
}

function structuredCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
