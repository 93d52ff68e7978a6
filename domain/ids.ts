import { DomainError } from './errors.ts'

const PLANT = /^[A-Z]{2}[A-Z]{4}$/
const CUSTOMER = /^([A-Z]{6})(\d{3})(\d{2})$/
const NUMBERED = /^([A-Z]{6})-([ATRLBNDV])(\d{1,9})$/
const HIGHEST_CONNECTION = 99

/** What a customer ID is made of (manual figure 12): state + plant, pole, connection. */
export type CustomerIdParts = { readonly plant: string; readonly pole: number; readonly connection: number }

/** A numbered paper of a plant: application `A`, task `T`, request `R`, closure `L`, bank deposit of cash `B`, correction `N`, dispute `D`, price change `V`. */
export type NumberedKind =
  'application' | 'task' | 'request' | 'closure' | 'bank-deposit' | 'correction' | 'dispute' | 'price-change'

const LETTERS = {
  application: 'A',
  task: 'T',
  request: 'R',
  closure: 'L',
  'bank-deposit': 'B',
  correction: 'N',
  dispute: 'D',
  'price-change': 'V',
} as const satisfies Record<NumberedKind, string>

/** True for state + plant, `BHKATS` (design "Identity"). */
export function isPlantCode(value: unknown): value is string {
  return typeof value === 'string' && PLANT.test(value)
}

/** `BHKATS01112` from its parts (figure 12). */
export function customerId({ plant, pole, connection }: CustomerIdParts): string {
  if (!isPlantCode(plant)) throw new DomainError('INVALID_INPUT', 'A plant is its state and its code, six letters')
  if (!Number.isInteger(pole) || pole < 1 || pole > 999) throw new DomainError('INVALID_INPUT', 'A pole is 1 to 999', { pole })
  if (!Number.isInteger(connection) || connection < 1)
    throw new DomainError('INVALID_INPUT', 'A connection is 1 to 99', { connection })
  if (connection > HIGHEST_CONNECTION) throw new DomainError('POLE_FULL', 'A pole serves at most 99 connections', { pole })
  return `${plant}${String(pole).padStart(3, '0')}${String(connection).padStart(2, '0')}`
}

/** The parts of a customer ID; throws INVALID_INPUT for anything else. */
export function parseCustomerId(text: string): CustomerIdParts {
  const [, plant = '', pole = '', connection = ''] = CUSTOMER.exec(text) ?? []
  if (Number(pole) < 1 || Number(connection) < 1) throw new DomainError('INVALID_INPUT', 'Not a customer ID')
  return { plant, pole: Number(pole), connection: Number(connection) }
}

/** True for a well-formed customer ID. */
export function isCustomerId(value: unknown): value is string {
  return typeof value === 'string' && CUSTOMER.test(value) && !/000\d\d$|00$/.test(value)
}

/** The next connection number on a pole: highest ever used + 1, so that ids are never reused (policy "Names and numbers"). */
export function nextConnectionNumber(highestEver: number): number {
  if (!Number.isInteger(highestEver) || highestEver < 0)
    throw new DomainError('INVALID_INPUT', 'Highest number used is 0 or more', { highestEver })
  if (highestEver >= HIGHEST_CONNECTION) throw new DomainError('POLE_FULL', 'A pole serves at most 99 connections')
  return highestEver + 1
}

/** `BHKATS-A0042`: an application's short code, and for good the account's id (policy "onboarding"). */
export function applicationId(plant: string, n: number): string {
  return numbered(plant, 'A', String(checkedNumber(n)).padStart(4, '0'))
}

/** `BHKATS-T12`. */
export function taskId(plant: string, n: number): string {
  return numbered(plant, 'T', String(checkedNumber(n)))
}

/** `BHKATS-R5`. */
export function requestId(plant: string, n: number): string {
  return numbered(plant, 'R', String(checkedNumber(n)))
}

/** `BHKATS-L3`. */
export function closureId(plant: string, n: number): string {
  return numbered(plant, 'L', String(checkedNumber(n)))
}

/** `BHKATS-B4`: cash on its way to the bank. */
export function bankDepositId(plant: string, n: number): string {
  return numbered(plant, 'B', String(checkedNumber(n)))
}

/** `BHKATS-N7`. */
export function correctionId(plant: string, n: number): string {
  return numbered(plant, 'N', String(checkedNumber(n)))
}

/** `BHKATS-D3`. */
export function disputeId(plant: string, n: number): string {
  return numbered(plant, 'D', String(checkedNumber(n)))
}

/** `BHKATS-V2`: a new price of a package. */
export function priceChangeId(plant: string, n: number): string {
  return numbered(plant, 'V', String(checkedNumber(n)))
}

/** `BHKATS-C3`: something that did not agree. */
export function caseId(plant: string, n: number): string {
  return numbered(plant, 'C', String(checkedNumber(n)))
}

/** Plant, kind and number of an application, task, request or closure id; throws INVALID_INPUT for anything else. */
export function parseNumberedId(text: string): { plant: string; kind: NumberedKind; n: number } {
  const [, plant = '', letter = '', digits = ''] = NUMBERED.exec(text) ?? []
  const kind = (Object.keys(LETTERS) as NumberedKind[]).find((one) => LETTERS[one] === letter)
  if (!kind || Number(digits) < 1) throw new DomainError('INVALID_INPUT', 'Not an application, task, request or closure id')
  return { plant, kind, n: Number(digits) }
}

/** Plant and number of an application id; throws INVALID_INPUT for anything else. */
export function parseApplicationId(text: string): { plant: string; n: number } {
  const { plant, kind, n } = parseNumberedId(text)
  if (kind !== 'application') throw new DomainError('INVALID_INPUT', 'Not an application id')
  return { plant, n }
}

/** The plant an id of any kind belongs to: its first six letters. */
export function plantOf(id: string): string {
  const plant = id.slice(0, 6)
  if (!isPlantCode(plant)) throw new DomainError('INVALID_INPUT', 'An id begins with its plant')
  return plant
}

function numbered(plant: string, letter: string, digits: string): string {
  if (!isPlantCode(plant)) throw new DomainError('INVALID_INPUT', 'A plant is its state and its code, six letters')
  return `${plant}-${letter}${digits}`
}

function checkedNumber(n: number): number {
  if (!Number.isInteger(n) || n < 1 || n > 999_999_999)
    throw new DomainError('INVALID_INPUT', 'Numbers of papers begin at 1', { n })
  return n
}
