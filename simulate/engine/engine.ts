import { type Call, enter, moves, rests, type Run, type Surroundings, type Wait } from './runs.ts'
import { createTimers } from './timers.ts'

/** Runs of the real workflows on one queue of events: nothing but business time, and one thing after another. */
export interface Engine {
  nowMs(): number
  /** Moves the clock; nothing happens by that alone. */
  setNow(ms: number): void
  /** When the next run wakes by itself, or Infinity. */
  nextAt(): number
  /** Carries on the run that wakes next. */
  wakeNext(): Promise<void>
  /** Starts the workflow, or wakes it where it runs. */
  startOrWake(start: { workflowType: string; workflowId: string; input: Record<string, unknown> }): Promise<void>
  /** Wakes a run; false where there is none. */
  wake(workflowId: string): Promise<boolean>
  /** A decision: refused by the validator, or taken. */
  decide(workflowId: string, name: string, input: unknown): Promise<unknown>
  isRunning(workflowId: string): boolean
  /** Ids of what runs. */
  running(): readonly string[]
}

export interface EngineOptions {
  readonly workflows: Readonly<Record<string, Call>>
  readonly call: (name: string, input: unknown) => Promise<unknown>
  readonly startMs: number
}

interface Sleeping {
  readonly run: Run
  readonly wait: Wait
}

/** An engine without runs. */
export function createEngine({ workflows, call, startMs }: EngineOptions): Engine {
  const runs = new Map<string, Run>()
  const timers = createTimers<Sleeping>()
  let nowMs = startMs
  const surroundings: Surroundings = {
    nowMs: () => nowMs,
    call,
    remember: (run, wait) => {
      if (wait.at < Infinity) timers.put(wait.at, { run, wait })
    },
  }
  const settled = async (run: Run): Promise<void> => {
    await settle(surroundings, run)
    if (run.outcome !== undefined) runs.delete(run.workflowId)
  }
  const wake = async (workflowId: string): Promise<boolean> => {
    const run = runs.get(workflowId)
    if (run === undefined) return false
    run.handlers.get('nudge')?.handle(undefined)
    await settled(run)
    return true
  }
  return {
    nowMs: () => nowMs,
    setNow: (ms) => (nowMs = ms),
    nextAt: () => timers.firstAt(),
    wake,
    isRunning: (workflowId) => runs.has(workflowId),
    running: () => [...runs.keys()],
    async wakeNext() {
      const { run, wait } = timers.take() ?? {}
      if (run === undefined || wait === undefined || wait.isOver) return
      release(run, wait, false)
      await settled(run)
    },
    async startOrWake(start) {
      if (await wake(start.workflowId)) return
      const body = workflows[start.workflowType]
      if (body === undefined) throw new Error(`no workflow ${start.workflowType}`)
      const run = newRun(start)
      runs.set(run.workflowId, run)
      begin(surroundings, run, body)
      await settled(run)
    },
    async decide(workflowId, name, input) {
      const run = runs.get(workflowId)
      if (run === undefined) throw new Error(`${workflowId} does not run`)
      const answer = handleDecision(surroundings, run, { name, input })
      answer.catch(() => undefined)
      await settled(run)
      return answer
    },
  }
}

function newRun(start: { workflowType: string; workflowId: string; input: Record<string, unknown> }): Run {
  const empty = { handlers: new Map(), waits: new Set<Wait>(), moving: 0, handling: 0 }
  return { ...start, ...empty, atRest: () => undefined, outcome: undefined }
}

function begin(surroundings: Surroundings, run: Run, body: Call): void {
  enter(surroundings, run)
  moves(run)
  // A workflow that fails is a fault of the program: procedures park what cannot go on.
  const ended = (outcome: unknown): void => {
    run.outcome = String(outcome)
    rests(run)
  }
  body(run.input as never).then(ended, (error: unknown) => ended(`Failed: ${String(error)}`))
}

async function handleDecision(
  surroundings: Surroundings,
  run: Run,
  { name, input }: { name: string; input: unknown },
): Promise<unknown> {
  const handler = run.handlers.get(name)
  if (handler === undefined) throw new Error(`${run.workflowId} takes no ${name}`)
  enter(surroundings, run)
  handler.validator?.(input)
  moves(run)
  run.handling += 1
  try {
    return await handler.handle(input)
  } finally {
    run.handling -= 1
    rests(run)
  }
}

/** Carries the run on until all its parts wait for something that is not there. */
async function settle(surroundings: Surroundings, run: Run): Promise<void> {
  for (;;) {
    enter(surroundings, run)
    if (run.moving > 0) await new Promise<void>((resolve) => (run.atRest = resolve))
    if (run.moving > 0) continue
    const met = [...run.waits].find(({ isMet }) => isMet())
    if (met === undefined) return
    release(run, met, true)
  }
}

function release(run: Run, wait: Wait, isMet: boolean): void {
  run.waits.delete(wait)
  wait.isOver = true
  moves(run)
  wait.go(isMet)
}
