import { ApplicationFailure } from '@temporalio/workflow'

/**
 * Parks a run whose step leaves everything as it was, where a loop would take it for ever (nobody of the role that must be told,
 * say): the same look twice running, with a step in between, is a matter for a person.
 */
export function createProgressGuard(): (look: { readonly next: { readonly kind: string } }) => void {
  let before = ''
  return (look) => {
    const now = JSON.stringify(look)
    if (now === before && look.next.kind !== 'wait')
      throw ApplicationFailure.nonRetryable('A step was taken and nothing changed', 'WRONG_STAGE')
    before = now
  }
}
