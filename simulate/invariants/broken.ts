/** Something that must never be is. `accountId` where it is about one customer. */
export interface Broken {
  readonly invariant: string
  readonly accountId: string | undefined
  readonly detail: string
}

/** Thrown out of a simulation on the first day on which something does not hold. */
export class BrokenInvariant extends Error {
  readonly broken: readonly Broken[]
  readonly day: string
  constructor(day: string, broken: readonly Broken[]) {
    super(`${day}: ${broken.map(({ invariant, accountId, detail }) => `${invariant} ${accountId ?? ''} ${detail}`).join('; ')}`)
    this.name = 'BrokenInvariant'
    this.day = day
    this.broken = broken
  }
}
