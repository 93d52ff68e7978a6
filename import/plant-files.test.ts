import { describe, expect, test } from '@jest/globals'
import type { CsvFile } from './csv-rows.ts'
import { checkFeeders, checkPackages, checkPlant, checkPoles, checkStaff, checkStock } from './plant-files.ts'
import { readVillagePlant } from '../dev/village/village-plant.ts'

const file = (text: string): CsvFile => ({ name: 'f.csv', bytes: new TextEncoder().encode(text) })
const poles = (text: string) => checkPoles(file(text), { plant: 'BHKATS', feeders: new Set(['F1']) })
const PACKAGES =
  'package_id,mode,timing,active_hours,load_limit_w,fixed_charge_minor,energy_rate_minor_per_kwh,meter_kinds,expected_kwh'
const PLANT = 'plant,state,name,cluster,time_zone,currency,capacity_w'
const STAFF = 'login,name,role,scope'
const STOCK = 'plant,meter_kind,serial,state'

test('the files of Katsa are whole', () => {
  const { feeders, packages, plant, poles: served, staff, stock } = readVillagePlant()
  expect(plant).toMatchObject({ plant: 'BHKATS', timeZone: 'Asia/Kolkata', capacityW: 25_000 })
  expect([feeders, served, packages, staff, stock].map(({ length }) => length)).toEqual([3, 31, 8, 9, 32])
  expect(packages[3]).toMatchObject({ code: 'B1.1', fixedChargeMinor: 5_000, energyRateMinorPerKwh: 1_800, expectedKwh: 23 })
})

describe('a row is told that', () => {
  test.each([
    [
      'names a plant of another state',
      () => checkPlant(file(`${PLANT}\nBHKATS,UP,Katsa,East,Asia/Kolkata,INR,1`)),
      'plant',
      'state',
    ],
    ['names no zone', () => checkPlant(file(`${PLANT}\nBHKATS,BH,Katsa,East,Asia/Katsa,INR,1`)), 'time_zone', 'no zone'],
    ['names no currency', () => checkPlant(file(`${PLANT}\nBHKATS,BH,Katsa,East,Asia/Kolkata,XXX,1`)), 'currency', 'not known'],
    ['has no capacity', () => checkFeeders(file('plant,feeder,capacity_w\nBHKATS,F1,0'), 'BHKATS'), 'capacity_w', 'from 1'],
    ['is of another plant', () => checkFeeders(file('plant,feeder,capacity_w\nBHOTHR,F1,5'), 'BHKATS'), 'plant', 'is not BHKATS'],
    ['hangs on no feeder', () => poles('plant,pole,feeder,lat,lon\nBHKATS,001,F2,,'), 'feeder', 'not among'],
    ['is pole 0', () => poles('plant,pole,feeder,lat,lon\nBHKATS,000,F1,,'), 'pole', 'three digits from 001'],
    ['lies nowhere', () => poles('plant,pole,feeder,lat,lon\nBHKATS,001,F1,91,0'), 'lat', 'degrees up to 90'],
    ['comes twice', () => poles('plant,pole,feeder,lat,lon\nBHKATS,001,F1,,\nBHKATS,001,F1,,'), 'pole', 'line 2 already'],
    [
      'says another price than its text',
      () => checkPackages(file(`${PACKAGES}\nB1.1 (FD) / 500 / 50+18u,postpaid,FD,00:00-24:00,500,6000,1800,smart,23`), 'INR'),
      'package_id',
      'says fixedChargeMinor 5000',
    ],
    [
      'is a package of another form',
      () => checkPackages(file(`${PACKAGES}\nB1.1,postpaid,FD,00:00-24:00,500,5000,1800,smart,23`), 'INR'),
      'package_id',
      'reads like',
    ],
    [
      'is live from 25 o’clock',
      () => checkPackages(file(`${PACKAGES}\nB1.1 (FD) / 500 / 50+18u,postpaid,FD,25:00-24:00,500,5000,1800,smart,23`), 'INR'),
      'active_hours',
      'no time of day',
    ],
    ['is staff of no role', () => checkStaff(file(`${STAFF}\nasha,Asha,customer,BHKATS`)), 'role', 'operator'],
    ['is staff of no place', () => checkStaff(file(`${STAFF}\nasha,Asha,csa,everywhere`)), 'scope', 'cluster:'],
    ['is a meter of no kind', () => checkStock(file(`${STOCK}\nBHKATS,steam,SM1000,free`), 'BHKATS'), 'meter_kind', 'smart'],
    ['is a meter that hangs', () => checkStock(file(`${STOCK}\nBHKATS,smart,SM1000,installed`), 'BHKATS'), 'state', 'free'],
  ] as const)('it %s', (_name, check, column, reason) => {
    const { problems } = check()
    expect(problems[0]).toMatchObject({ file: 'f.csv', column })
    expect(problems[0]?.reason).toContain(reason)
  })

  test('its exact paise may differ from the whole rupees of its text', () => {
    const row = 'B1.1 (FD) / 500 / 50+18u,postpaid,FD,00:00-24:00,500,4975,1849,smart,23'
    const { rows, problems } = checkPackages(file(`${PACKAGES}\n${row}`), 'INR')
    expect(problems).toEqual([])
    expect(rows[0]).toMatchObject({ fixedChargeMinor: 4_975, energyRateMinorPerKwh: 1_849 })
  })
})
