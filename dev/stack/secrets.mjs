// The secrets of an embedded stack: made at the first start, kept with its data, readable by its user only.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * @typedef {{ kycKey: string, webhookSecret: string, gatewayPassword: string, meterPassword: string }} Secrets
 * @param {string} dataDir
 * @returns {Secrets}
 */
export function stackSecrets(dataDir) {
  const file = path.join(dataDir, 'secrets.json')
  if (!existsSync(file)) {
    const secrets = {
      kycKey: randomBytes(32).toString('base64'),
      webhookSecret: `whsec_${randomBytes(32).toString('base64')}`,
      gatewayPassword: randomBytes(18).toString('base64url'),
      meterPassword: randomBytes(18).toString('base64url'),
    }
    writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  }
  return JSON.parse(readFileSync(file, 'utf8'))
}
