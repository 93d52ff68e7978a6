// The embedded MQTT broker (3.1.1), with the same rules of topics as Mosquitto (meters/access/): the gateway hears all and commands, a
// meter keeps to its own branch. But all meters share one password here (docs/decisions/0031-meter-access.md). What it keeps is in memory; after a restart meters report again and the gateway sends again.
import { Aedes } from 'aedes'
import { createServer } from 'node:net'

const { BROKER_PORT, MQTT_USERNAME, MQTT_PASSWORD, METER_PASSWORD } = process.env

const uplink = new Set(['status', 'state', 'telemetry', 'event', 'ack'])

/** @type {WeakSet<object>} */
const gateways = new WeakSet()

const broker = await Aedes.createBroker({
  // No queue of its own: a thousand connections lost in one moment would overflow the stack of the one it has.
  concurrency: 0,
  // eslint-disable-next-line max-params -- the broker's own signature
  authenticate(client, username, password, done) {
    if (username === MQTT_USERNAME && String(password) === MQTT_PASSWORD) gateways.add(client)
    // A meter's client id and user name are its serial.
    const isMeter = username === client.id && String(password) === METER_PASSWORD
    done(null, isMeter || gateways.has(client))
  },
  authorizePublish(client, packet, done) {
    done(!client || mayPublish(client, packet.topic) ? null : new Error(`${client.id} may not publish to ${packet.topic}`))
  },
  authorizeSubscribe(client, subscription, done) {
    done(null, !client || mayHear(client, subscription.topic) ? subscription : null)
  },
})

/** @typedef {{ id: string }} Who */

/**
 * @param {Who} client
 * @param {string} topic
 */
function mayPublish(client, topic) {
  const [root, version, , serial, leaf, ...rest] = topic.split('/')
  if (root !== 'mg' || version !== 'v1' || rest.length > 0) return false
  return gateways.has(client) ? leaf === 'cmd' : serial === client.id && leaf !== undefined && uplink.has(leaf)
}

/**
 * @param {Who} client
 * @param {string} filter
 */
function mayHear(client, filter) {
  const [root, version, , serial, leaf, ...rest] = filter.split('/')
  if (root !== 'mg' || version !== 'v1' || rest.length > 0) return false
  return gateways.has(client) ? leaf !== undefined && uplink.has(leaf) : serial === client.id && leaf === 'cmd'
}

const server = createServer((socket) => broker.handle(socket))
server.listen(Number(BROKER_PORT), '127.0.0.1', () => process.send?.('ready'))

process.once('SIGTERM', () => {
  broker.close(() => process.exit(0))
  server.close()
})
