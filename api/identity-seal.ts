import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { ApiError } from './errors.ts'

const IV_BYTES = 12
const TAG_BYTES = 16

/** Whose proof of which kind: sealed bytes that were moved to another row do not open. */
export interface SealedFor {
  readonly personId: string
  readonly kind: string
}

/** The number of an identity proof as it is kept: AES-256-GCM, as nonce, tag and text (policy, "Names and numbers"). */
export function sealIdentity(key: Buffer | undefined, owner: SealedFor, number: string): Buffer {
  if (key === undefined) throw new Error('no KYC key is configured: identity numbers cannot be taken')
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(associated(owner))
  const sealed = Buffer.concat([cipher.update(number, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed])
}

/** Opens what {@link sealIdentity} sealed; throws for another key, another owner or changed bytes. */
export function openIdentity(key: Buffer, owner: SealedFor, sealed: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES)).setAAD(associated(owner))
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
}

/** The last four letters or digits, which people may see. INVALID_INPUT for a number without four, or a full Aadhaar number. */
export function lastFourOf({ kind, number }: { kind: string; number: string }): string {
  const signs = number.replace(/[^0-9A-Za-z]/g, '')
  if (signs.length < 4) throw new ApiError('INVALID_INPUT', 'An identity number has at least four letters or digits.')
  if (kind === 'aadhaar' && signs.length > 4)
    throw new ApiError('INVALID_INPUT', 'Of an Aadhaar number only the last four digits are taken.')
  return signs.slice(-4)
}

function associated({ personId, kind }: SealedFor): Buffer {
  return Buffer.from(JSON.stringify([personId, kind]))
}
