/** An activity, a handler of an Update or a signal, a workflow: whatever takes one thing and ends later. */
export type Call = (input: never) => Promise<unknown>

interface Handler {
  readonly handle: (input: unknown) => unknown
  readonly validator: ((input: unknown) => void) | undefined
}

/** A place where a run rests: until `isMet`, or until business time `at` (ms). */
export interface Wait {
  readonly isMet: () => boolean
  readonly at: number
  readonly go: (isMet: boolean) => void
  isOver: boolean
}

/** One run of a workflow in memory. */
export interface Run {
  readonly workflowId: string
  readonly workflowType: string
  readonly input: Record<string, unknown>
  readonly handlers: Map<string, Handler>
  readonly waits: Set<Wait>
  /** Parts of it (its body, handlers of decisions) that are on their way and not at a wait. */
  moving: number
  /** Handlers of decisions that have not answered yet. */
  handling: number
  /** Called when the last moving part has come to a wait. */
  atRest: () => void
  outcome: string | undefined
}

/** What a run asks of the engine it lives in. */
export interface Surroundings {
  nowMs(): number
  /** Calls an activity, once. */
  call(name: string, input: unknown): Promise<unknown>
  /** Registers a wait with a deadline. */
  remember(run: Run, wait: Wait): void
}

let surroundings: Surroundings | undefined
let current: Run | undefined

/** Everything happens one after another, so which run is being carried on is a plain variable. */
export function enter(into: Surroundings, run: Run): void {
  surroundings = into
  current = run
}

/** The engine that carries on a run now. Throws outside of one. */
export function engineNow(): Surroundings {
  if (surroundings === undefined) throw new Error('no engine runs')
  return surroundings
}

/** The run that is being carried on. Throws outside of one. */
export function runNow(): Run {
  if (current === undefined) throw new Error('no run is being carried on')
  return current
}

/** A part of the run begins to move. */
export function moves(run: Run): void {
  run.moving += 1
}

/** A part of the run has come to a wait, or to its end. */
export function rests(run: Run): void {
  run.moving -= 1
  if (run.moving === 0) run.atRest()
}
