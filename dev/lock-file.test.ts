import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'

interface Locked {
  readonly integrity?: string
  readonly resolved?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const packages = (
  JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
    packages: Readonly<Record<string, Locked>>
  }
).packages

/** Whether Node would find a package from a place: beside it or in a folder above. */
function isFoundFrom(place: string, name: string): boolean {
  if (packages[`${place === '' ? '' : `${place}/`}node_modules/${name}`] !== undefined) return true
  return place !== '' && isFoundFrom(place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/'))), name)
}

test('the lock file knows the packages of every platform, or npm ci refuses it and a Mac goes without its binaries', () => {
  const missing = Object.entries(packages).flatMap(([place, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !isFoundFrom(place, name)),
  )
  expect(missing).toEqual([])
})

test('the lock file holds a checksum for every package, and no registry’s address', () => {
  const locked = Object.entries(packages).filter(([place]) => place !== '')
  expect(locked.filter(([, { integrity }]) => integrity === undefined)).toEqual([])
  expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([])
})
