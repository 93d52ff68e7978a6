import type { RuleId } from '../contract/rules.ts'

/** What an examination of one rule came to. */
export type Verdict =
  | { readonly result: 'passed' }
  | { readonly result: 'failed'; readonly because: string }
  | { readonly result: 'not tested'; readonly because: string }

/** The verdicts of examinations that hang together. */
export type Verdicts = Readonly<Partial<Record<RuleId, Verdict>>>

export const PASSED: Verdict = { result: 'passed' }

export function failed(because: string): Verdict {
  return { result: 'failed', because }
}

export function notTested(because: string): Verdict {
  return { result: 'not tested', because }
}

/** Passed, unless there is a problem to tell. */
export function unless(problem: string | undefined): Verdict {
  return problem === undefined ? PASSED : failed(problem)
}
