import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectAsync, type MqttClient } from 'mqtt'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createMeterClient } from '../../meters/client.ts'
import { gateway, hasMosquitto, type RunningMosquitto, startMosquitto } from './mosquitto.ts'

const quiet = { info: () => undefined, warn: () => undefined }
const onMosquitto = hasMosquitto ? describe : describe.skip

onMosquitto('Mosquitto with a certificate', () => {
  let authority: string
  let tls: string
  let broker: RunningMosquitto

  beforeAll(async () => {
    authority = mkdtempSync(path.join(tmpdir(), 'diya-ca-'))
    tls = mkdtempSync(path.join(tmpdir(), 'diya-tls-'))
    makeCertificates()
    broker = await startMosquitto({ tls })
  })
  afterAll(async () => {
    await broker.close()
    for (const dir of [authority, tls]) rmSync(dir, { recursive: true })
  })

  function makeCertificates(): void {
    const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: authority, stdio: 'pipe' })
    const newKey = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    openssl(...newKey, '-x509', '-subj', '/CN=Test authority', '-keyout', 'ca.key', '-out', 'ca.crt')
    openssl(...newKey, '-subj', '/CN=mosquitto', '-keyout', `${tls}/server.key`, '-out', 'server.csr')
    writeFileSync(path.join(authority, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:mosquitto')
    const signed = ['x509', '-req', '-in', 'server.csr', '-days', '2', '-extfile', 'names', '-CAcreateserial']
    openssl(...signed, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-out', `${tls}/server.crt`)
  }
  const call = (more: { ca?: Buffer }): Promise<MqttClient> =>
    connectAsync(broker.tlsUrl, { ...gateway, clientId: 'over-tls', protocolVersion: 4, reconnectPeriod: 0, ...more })

  test('refuses to be called by who does not know its authority', async () => {
    await expect(call({})).rejects.toThrow(/self.signed certificate|unable to verify/)
  })

  test('serves who does', async () => {
    const client = await call({ ca: readFileSync(path.join(authority, 'ca.crt')) })
    await client.subscribeAsync('mg/v1/+/+/state', { qos: 1 })
    await client.endAsync(true)
  })

  test('serves the gateway that is given the file', async () => {
    const ca = readFileSync(path.join(authority, 'ca.crt'))
    const onMessage = (): Promise<void> => Promise.resolve()
    const client = createMeterClient({ url: broker.tlsUrl, ...gateway, clientId: 'gateway', ca, onMessage, log: quiet })
    await client.ready()
    expect(client.connected()).toBe(true)
    await client.close()
  })

  test('does not answer those who speak in the clear where it speaks TLS', async () => {
    const inTheClear = broker.tlsUrl.replace('mqtts:', 'mqtt:')
    await expect(
      connectAsync(inTheClear, { ...gateway, clientId: 'in-the-clear', protocolVersion: 4, reconnectPeriod: 0 }),
    ).rejects.toThrow()
  })
})
