import { describe, expect, test } from '@jest/globals'
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

type Service = {
  readonly image?: string
  readonly build?: string
  readonly command?: readonly string[]
  readonly restart?: string
  readonly environment?: Readonly<Record<string, string | number>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck?: object
}

const root = fileURLToPath(new URL('..', import.meta.url))
const text = readFileSync(path.join(root, 'docker-compose.yml'), 'utf8')
const compose = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}
const services = Object.entries(compose.services)
const ours = services.filter(([, service]) => service.build !== undefined)
const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
}

const serviceKeys = new Set(
  [
    'image',
    'build',
    'command',
    'restart',
    'environment',
    'depends_on',
    'ports',
    'volumes',
    'healthcheck',
    'init',
    'read_only',
    'tmpfs',
  ].concat(['security_opt', 'cap_drop']),
)

describe('docker-compose.yml', () => {
  test('has the servers, the one-shot preparations and every process of ours', () => {
    const names = services.map(([name]) => name)
    expect(names).toEqual([
      'postgres',
      'mosquitto',
      'temporal',
      'temporal-ui',
      'migrate',
      'prepare-temporal',
      'operations',
      'relay',
      'meter-gateway',
      'api',
    ])
  })

  test.each(services)('%s is made of known keys, an image with a version and known neighbours', (_name, service) => {
    expect(Object.keys(service).filter((key) => !serviceKeys.has(key))).toEqual([])
    expect(service.image).toMatch(/^[a-z/-]+:./)
    for (const [neighbour, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(compose.services[neighbour]).toBeDefined()
      // To wait for health needs a check of it; to wait for an end needs one that ends.
      if (condition === 'service_healthy') expect(compose.services[neighbour]?.healthcheck).toBeDefined()
      else expect([condition, compose.services[neighbour]?.restart]).toEqual(['service_completed_successfully', 'no'])
    }
  })

  test.each(ours)('%s runs a command that is also a script of package.json', (_name, { command }) => {
    expect(Object.values(scripts)).toContain(command?.join(' '))
  })

  test.each(ours)('%s is given only variables that config.ts reads', (_name, { environment = {} }) => {
    const readers = ['config.ts', 'deploy/prepare-temporal.mjs']
      .map((file) => readFileSync(path.join(root, file), 'utf8'))
      .join('\n')
    expect(Object.keys(environment).filter((name) => !readers.includes(name))).toEqual([])
  })

  test('every file it mounts is there, and scripts can be run', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes).map((volume) => volume.split(':')[0] ?? '')
    for (const place of mounted.filter((name) => name.startsWith('./'))) expect(existsSync(path.join(root, place))).toBe(true)
    for (const volume of mounted.filter((name) => !name.startsWith('./'))) expect(compose.volumes).toHaveProperty(volume)
    for (const script of ['deploy/mosquitto/start.sh', 'deploy/postgres/roles.sh'])
      expect(statSync(path.join(root, script)).mode & 0o111).toBe(0o111)
  })

  test('every value a person must choose is in env.example, and none has a default that is a secret', () => {
    const example = readFileSync(path.join(root, 'deploy/env.example'), 'utf8')
    const required = [...text.matchAll(/\$\{([A-Z_]+):\?/g)].map((match) => match[1] ?? '')
    for (const name of required) expect(example).toMatch(new RegExp(`^${name}=$`, 'm'))
  })

  test('only who needs it holds the key of the meters’ passwords', () => {
    const holders = (name: string) =>
      services.filter(([, { environment = {} }]) => name in environment).map(([service]) => service)
    expect(holders('METER_ACCESS_KEY')).toEqual(['meter-gateway', 'api'])
    expect(holders('MQTT_ACCESS_PASSWORD')).toEqual(['mosquitto', 'meter-gateway'])
  })

  test('the broker’s key stays with the broker, and its certificates out of git', () => {
    const given = (name: string) => compose.services[name]?.volumes?.filter((volume) => volume.startsWith('./deploy/mosquitto'))
    expect(given('meter-gateway')).toEqual(['./deploy/mosquitto/ca:/etc/diya/mqtt-ca:ro'])
    for (const folder of ['tls', 'ca'])
      expect(readFileSync(path.join(root, 'deploy/mosquitto', folder, '.gitignore'), 'utf8')).toMatch(/^\*$/m)
  })

  test('only the meters’ broker is open to the network', () => {
    const open = services.filter(([, { ports = [] }]) => ports.some((port) => !port.startsWith('127.0.0.1:')))
    expect(open.map(([name]) => name)).toEqual(['mosquitto'])
  })
})

test('the image runs as an ordinary user', () => {
  expect(readFileSync(path.join(root, 'Dockerfile'), 'utf8')).toMatch(/^USER node$/m)
})
