import { METER_LEAVES, RETAINED } from '../topics.ts'
import type { MeterLeaf } from '../topics.ts'
import { contractSchemas } from './schemas.ts'
import type { Json, JsonObject } from './schemas.ts'
import { contractText } from './words.ts'

const MQTT_BINDING = '0.2.0'
const BRANCH = 'mg/v1/{plant}/{serial}'

interface MessageWords {
  readonly schema: string
  readonly title: string
}

interface LeafWords {
  readonly says: string
  readonly messages: Readonly<Record<string, MessageWords>>
}

const LEAVES: Readonly<Record<MeterLeaf, LeafWords>> = {
  status: {
    says: 'Birth, good-bye and last will. Sent once the meter has subscribed to cmd.',
    messages: { status: { schema: 'StatusMessage', title: 'Whether the meter is there' } },
  },
  telemetry: {
    says: 'Readings, in batches of one boot; sent again until the broker has acknowledged them.',
    messages: { telemetry: { schema: 'TelemetryMessage', title: 'A batch of readings' } },
  },
  event: {
    says: 'What happened at the meter; may be lost.',
    messages: { event: { schema: 'EventMessage', title: 'Something that happened' } },
  },
  state: {
    says: 'The read-back: the version in force with its values, and the contact.',
    messages: { state: { schema: 'StateMessage', title: 'What is in force' } },
  },
  cmd: {
    says: 'Commands of the server, never retained.',
    messages: {
      setDesired: { schema: 'SetDesiredCommand', title: 'Limit, hours, relay and validity, together' },
      readNow: { schema: 'ReadNowCommand', title: 'Take a reading now' },
    },
  },
  ack: {
    says: 'A claim about one command.',
    messages: { ack: { schema: 'AckMessage', title: 'What became of a command' } },
  },
}

/** The contract as an AsyncAPI 3.0 document, seen from the meter: it sends what goes up and receives commands. */
export function contractDocument(): JsonObject {
  return {
    asyncapi: '3.0.0',
    info: { title: 'Mini-grid meters', version: '1.0.0', description: contractText(), license: { name: 'Apache-2.0' } },
    defaultContentType: 'application/json',
    servers: { broker: broker() },
    channels: eachLeaf(channel),
    operations: Object.fromEntries(METER_LEAVES.map((leaf) => [operationName(leaf), operation(leaf)])),
    components: { schemas: contractSchemas(), messages: messages() },
  }
}

/** The committed text of `docs/asyncapi.json`. */
export function contractFile(): string {
  return `${JSON.stringify(contractDocument(), null, 2)}\n`
}

function broker(): JsonObject {
  const lastWill = {
    topic: `${BRANCH}/status`,
    qos: 1,
    retain: true,
    message: JSON.stringify({ v: 1, online: false, boot_id: 7 }),
  }
  return {
    host: 'broker.example:8883',
    protocol: 'secure-mqtt',
    protocolVersion: '3.1.1',
    description: 'MQTT 3.1.1 or 5 over TLS. One credential per meter, good for its own branch only.',
    bindings: { mqtt: { clientId: '{serial}', lastWill, keepAlive: 60, bindingVersion: MQTT_BINDING } },
  }
}

function channel(leaf: MeterLeaf): JsonObject {
  const names = Object.keys(LEAVES[leaf].messages)
  return {
    address: `${BRANCH}/${leaf}`,
    description: LEAVES[leaf].says,
    parameters: {
      plant: { description: 'Code of the plant: letters, digits, `.`, `_`, `-`, at most 64.', examples: ['BHKATS'] },
      serial: {
        description: 'Serial on the name plate of the meter, of the same characters. OBIS 0.0.96.1.0.255.',
        examples: ['SM000123'],
      },
    },
    messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
  }
}

function operation(leaf: MeterLeaf): JsonObject {
  const expiry: JsonObject =
    leaf === 'cmd'
      ? { messageExpiryInterval: { type: 'integer', minimum: 1, description: 'Seconds left until expires_at; MQTT 5 only.' } }
      : {}
  return {
    action: leaf === 'cmd' ? 'receive' : 'send',
    channel: { $ref: `#/channels/${leaf}` },
    summary: LEAVES[leaf].says,
    messages: messageRefs(leaf),
    ...(leaf === 'cmd' ? { reply: { channel: { $ref: '#/channels/ack' }, messages: messageRefs('ack') } } : {}),
    bindings: { mqtt: { qos: 1, retain: RETAINED[leaf], ...expiry, bindingVersion: MQTT_BINDING } },
  }
}

function messages(): JsonObject {
  const all = METER_LEAVES.flatMap((leaf) => Object.entries(LEAVES[leaf].messages).map((entry) => ({ leaf, entry })))
  return Object.fromEntries(
    all.map(({ leaf, entry: [name, { schema, title }] }): [string, Json] => [
      name,
      {
        name,
        title,
        payload: { $ref: `#/components/schemas/${schema}` },
        ...(leaf === 'cmd' || leaf === 'ack' ? correlated(leaf) : {}),
      },
    ]),
  )
}

/** Command and ack belong together by `command_id`, which needs no MQTT 5; with it the same id is in the packet too. */
function correlated(leaf: 'cmd' | 'ack'): JsonObject {
  const correlationData = { type: 'string', description: 'The command_id; MQTT 5 only.' }
  const responseTopic = { type: 'string', description: 'Where the ack may be sent as well; MQTT 5 only.' }
  return {
    correlationId: { location: '$message.payload#/command_id' },
    bindings: { mqtt: { correlationData, ...(leaf === 'cmd' ? { responseTopic } : {}), bindingVersion: MQTT_BINDING } },
  }
}

function messageRefs(leaf: MeterLeaf): Json {
  return Object.keys(LEAVES[leaf].messages).map((name) => ({ $ref: `#/channels/${leaf}/messages/${name}` }))
}

function operationName(leaf: MeterLeaf): string {
  const word = leaf === 'cmd' ? 'Command' : `${leaf.slice(0, 1).toUpperCase()}${leaf.slice(1)}`
  return `${leaf === 'cmd' ? 'receive' : 'send'}${word}`
}

function eachLeaf(of: (leaf: MeterLeaf) => JsonObject): JsonObject {
  return Object.fromEntries(METER_LEAVES.map((leaf) => [leaf, of(leaf)]))
}
