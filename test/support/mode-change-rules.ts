import { startOfDay } from '../../domain/calendar.ts'
import { assessPeriod, type BilledConnection } from '../../domain/period-charge.ts'
import { periodContaining } from '../../domain/period.ts'
import { KATSA_POLICY_V1 as policy } from '../../domain/policy.ts'
import { catalogue } from './domain-builders.ts'

const ZONE = 'Asia/Kolkata'
type Row = Record<string, string>

/** Runs the table of docs/billing-rules.md about a month that became pre-paid in its middle. */
export const MODE_CHANGE_RUNNERS: Record<string, (row: Row) => Row> = {
  'From post-paid to pre-paid': (row) => {
    const { connection, changedOn } = changing(row)
    const period = periodContaining(changedOn, policy.anchorDay)
    const rules = { zone: ZONE, currency: 'INR', policy }
    return {
      bill: rupees(assessPeriod({ connection, mode: 'postpaid', period, rules }).totalMinor),
      advance: rupees(assessPeriod({ connection, mode: 'prepaid', period, rules }).totalMinor),
    }
  },
}

/** One meter from the first of July on, read on the first of August and at the midnight of the change. */
function changing(row: Row): { connection: BilledConnection; changedOn: string } {
  const [before = '', from = ''] = (row['post-paid'] ?? '').split(', from ')
  const changedOn = row['changed on'] ?? ''
  const connectedOn = '2026-07-01'
  const read = (boundary: string, registerWh: number) => ({
    serial: 'SM1',
    takenAt: startOfDay(boundary, ZONE),
    boundary,
    registerWh,
    estimated: false,
  })
  const connection: BilledConnection = {
    connectedOn,
    leftOn: null,
    terms: [
      { fromDate: connectedOn, toDate: changedOn, package: catalogue(before) },
      { fromDate: changedOn, toDate: null, package: catalogue(row['pre-paid'] ?? '') },
    ],
    holds: [],
    installations: [
      {
        serial: 'SM1',
        kind: 'smart',
        installedAt: startOfDay(connectedOn, ZONE),
        startRegisterWh: 100_000,
        removedAt: null,
        finalRegisterWh: null,
        finalIsEstimate: false,
      },
    ],
    registers: [read('2026-08-01', wattHours(from)), read(changedOn, wattHours(row.register ?? ''))],
    history: [],
  }
  return { connection, changedOn }
}

const wattHours = (text: string): number => Number(text.replaceAll(',', '').replace(' Wh', ''))
const rupees = (minor: number): string => (minor / 100).toFixed(2)
