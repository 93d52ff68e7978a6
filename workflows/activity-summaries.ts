/** The ids of an input that say which one is meant, in the order they are shown: never names, phones or free text. */
const IDS = [
  'requestId',
  'applicationId',
  'closureId',
  'taskId',
  'reference',
  'customerId',
  'accountId',
  'refundId',
  'boundary',
  'period',
  'step',
  'expected',
  'mode',
] as const

/** Shown in full where it is short, and as a number where it is a list. */
const LISTS = ['connectionIds'] as const

const LONGEST = 120

/** One line for an activity in the UI's timeline: its name in words, and what it is about. `chase task: BHKATS-T12`. */
export function summaryOf(activity: string, input: unknown): string {
  const words = activity.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  const about = [...idsIn(input)].join(' · ')
  return (about === '' ? words : `${words}: ${about}`).slice(0, LONGEST)
}

function* idsIn(input: unknown): Generator<string, void, void> {
  if (typeof input !== 'object' || input === null) return
  const fields = input as Readonly<Record<string, unknown>>
  for (const name of IDS) {
    const value = fields[name]
    if (typeof value === 'string' || typeof value === 'number') yield String(value)
  }
  for (const name of LISTS) {
    const value = fields[name]
    if (Array.isArray(value)) yield `${value.length} customers`
  }
  if (typeof fields.workflowId === 'string' && IDS.every((name) => fields[name] === undefined)) yield fields.workflowId
}
