import { hash, verify } from '@node-rs/argon2'

// Argon2id, the default, at OWASP's least: 19 MiB, two passes, one lane.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** The hash that is kept of a password. */
export async function hashPassword(password: string): Promise<string> {
  return hash(password, COST)
}

let nobody: Promise<string> | undefined

/** True when the password is the one hashed. Without a hash it takes as long and is false, so that nobody learns who exists. */
export async function isPassword(passwordHash: string | undefined, password: string): Promise<boolean> {
  nobody ??= hashPassword('nobody has this password')
  const isSet = passwordHash?.startsWith('$argon2') ?? false
  const matches = await verify(isSet && passwordHash !== undefined ? passwordHash : await nobody, password)
  return matches && isSet
}
