// Free ports, and a memory of them: a second start uses the same addresses when nobody else has taken them meanwhile.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'

/**
 * Whether this port can be opened on the loopback address now.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export async function isPortFree(port) {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    if ((await tryListen(port, host)) === undefined) return false
  }
  return true
}

/**
 * The preferred port when it is free, else one that the system picks.
 * @param {number} [preferred]
 * @returns {Promise<number>}
 */
export async function freePort(preferred) {
  if (preferred && (await isPortFree(preferred))) return preferred
  const port = await tryListen(0, '127.0.0.1')
  if (port === undefined) throw new Error('No free port on 127.0.0.1')
  return port
}

/**
 * One port per name: the remembered one, else the default, else any free one. All are told apart from each other.
 * @template {string} Name
 * @param {string} file  JSON file that remembers them
 * @param {Record<Name, number>} defaults
 * @returns {Promise<Record<Name, number>>}
 */
export async function rememberedPorts(file, defaults) {
  const before = readPorts(file)
  /** @type {Record<string, number>} */
  const ports = {}
  for (const name of Object.keys(defaults)) {
    const wishes = [before[name], defaults[/** @type {Name} */ (name)]]
    ports[name] = await firstFree(wishes, new Set(Object.values(ports)))
  }
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(ports, null, 2)}\n`)
  return /** @type {Record<Name, number>} */ (ports)
}

/**
 * @param {(number | undefined)[]} wishes
 * @param {Set<number>} taken
 */
async function firstFree(wishes, taken) {
  for (const port of wishes) {
    if (port && !taken.has(port) && (await isPortFree(port))) return port
  }
  for (;;) {
    const port = await freePort()
    if (!taken.has(port)) return port
  }
}

/**
 * @param {string} file
 * @returns {Record<string, number>}
 */
function readPorts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {} // The first start, or a file cut short by a power failure: the defaults do.
  }
}

/**
 * @param {number} port
 * @param {string} host
 * @returns {Promise<number | undefined>}
 */
function tryListen(port, host) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(address && typeof address === 'object' ? address.port : undefined))
    })
  })
}
