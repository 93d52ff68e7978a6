/** The six leaves of a meter's branch. `cmd` goes down to the meter, the others come up from it. */
export const METER_LEAVES = ['status', 'telemetry', 'event', 'state', 'cmd', 'ack'] as const
export type MeterLeaf = (typeof METER_LEAVES)[number]
export type UplinkLeaf = Exclude<MeterLeaf, 'cmd'>

export interface MeterTopic {
  readonly plant: string
  readonly serial: string
  readonly leaf: MeterLeaf
}

/** What the broker keeps for late subscribers. A retained command would be obeyed again at every reconnect, so `cmd` never is. */
export const RETAINED: Readonly<Record<MeterLeaf, boolean>> = {
  status: true,
  state: true,
  telemetry: false,
  event: false,
  cmd: false,
  ack: false,
}

const ROOT = ['mg', 'v1'] as const
// Letters, digits and the punctuation found on name plates; this refuses `/`, `+`, `#`, `$`, blanks and control characters.
const TOPIC_PART = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/**
 * The topic of one meter's leaf: `mg/v1/{plant}/{serial}/{leaf}`.
 * Throws RangeError for a plant or serial that is empty or could reach outside its own branch.
 */
export function meterTopic({ plant, serial, leaf }: MeterTopic): string {
  assertTopicPart('plant', plant)
  assertTopicPart('serial', serial)
  return [...ROOT, plant, serial, leaf].join('/')
}

/** Reads a topic back; null for anything that is not exactly one of ours. */
export function parseMeterTopic(topic: string): MeterTopic | null {
  const [root, version, plant, serial, leaf, ...rest] = topic.split('/')
  if (root !== ROOT[0] || version !== ROOT[1] || rest.length > 0) return null
  if (plant === undefined || serial === undefined || leaf === undefined) return null
  if (!TOPIC_PART.test(plant) || !TOPIC_PART.test(serial) || !isMeterLeaf(leaf)) return null
  return { plant, serial, leaf }
}

/** The subscription filter for one leaf of every meter, of one plant or of all (`mg/v1/+/+/state`). */
export function meterFilter(leaf: MeterLeaf, plant?: string): string {
  if (plant !== undefined) assertTopicPart('plant', plant)
  return [...ROOT, plant ?? '+', '+', leaf].join('/')
}

function isMeterLeaf(text: string): text is MeterLeaf {
  return METER_LEAVES.some((leaf) => leaf === text)
}

function assertTopicPart(name: string, text: string): void {
  if (!TOPIC_PART.test(text)) throw new RangeError(`${name} ${JSON.stringify(text)} cannot stand in a topic`)
}
