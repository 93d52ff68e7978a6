import type { Language } from './language.ts'
import { scaledInteger } from './number-words.ts'

// Manual 2.2.1: in Hindi a kilowatt-hour is what everyone calls a unit (यूनिट).
const UNIT: Readonly<Record<Language, string>> = { en: 'kWh', hi: 'यूनिट' }

/** Writes watt-hours as kilowatt-hours, exact to the watt-hour, without trailing zeros or a unit: `23450` is `23.45`. */
export function formatReading(energyWh: number): string {
  return scaledInteger(energyWh, 3).replace(/\.?0+$/, '')
}

/** Writes an amount of energy with its unit: `23450` is `23.45 kWh` or `23.45 यूनिट`. */
export function formatKwh(energyWh: number, language: Language): string {
  return `${formatReading(energyWh)} ${UNIT[language]}`
}
