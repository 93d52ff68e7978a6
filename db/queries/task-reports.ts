import { sql } from 'kysely'
import type { DomainErrorCode } from '../../domain/errors.ts'
import { meterFits } from '../../domain/package.ts'
import type { Db, Tx } from '../client.ts'
import type { JsonObject } from '../tables.ts'
import { lastReadRegister } from './boundary-readings.ts'
import { readPackage } from './plants.ts'
import { findMeter } from './stock.ts'
import type { Task } from './tasks.ts'

/** Why a report cannot stand, in words for whoever sent it. */
export interface ReportRefusal {
  readonly code: DomainErrorCode
  readonly message: string
}

/** What is to be said of a report: why it cannot stand, or what the reviewer must look at (kept in the report). */
export type JudgedReport =
  | { readonly refused: ReportRefusal }
  | { readonly refused?: undefined; readonly marks: { readonly mark?: 'below-last'; readonly lastWh?: number } }

/**
 * Judges a report before it counts: a meter it names must be the one the task is about, or at an installation one that may be hung up
 * there. A register below the last one goes to the reviewer with a mark (manual 2.2.4: not below the previous one; another person reviews).
 */
export async function judgeReport(db: Db | Tx, task: Task, report: JsonObject): Promise<JudgedReport> {
  if (report.outcome !== 'done') return { marks: {} }
  const { serial } = report
  const refused = typeof serial === 'string' ? await serialRefusal(db, task, serial) : undefined
  if (refused !== undefined) return { refused }
  const register = registerOf(task, report)
  if (register === undefined || task.customerId === null) return { marks: {} }
  const lastWh = await lastReadRegister(db, task.customerId)
  return { marks: lastWh !== undefined && register < lastWh ? { mark: 'below-last', lastWh } : {} }
}

async function serialRefusal(db: Db | Tx, task: Task, serial: string): Promise<ReportRefusal | undefined> {
  const { kind, detail, plant, accountId } = task
  if (detail.serial === serial) return undefined
  if (kind !== 'installation') {
    if (typeof detail.serial !== 'string') return undefined
    return { code: 'INVALID_INPUT', message: `This task is about meter ${detail.serial}, not ${serial}.` }
  }
  const meter = await findMeter(db, serial)
  if (meter?.plant !== plant) return { code: 'INVALID_INPUT', message: `There is no meter ${serial} at this plant.` }
  if (meter.state !== 'free' && meter.accountId !== accountId)
    return { code: 'METER_NOT_FREE', message: `Meter ${serial} is not free.` }
  const wanted = await packageWanted(db, task)
  if (wanted !== undefined && !meterFits(wanted, meter.kind))
    return { code: 'PACKAGE_METER_UNFIT', message: `Meter ${serial} does not fit package ${wanted.code}.` }
  return undefined
}

/** The package that the meter to be hung up must carry: of the package change that asked for it, or of the application. */
async function packageWanted(db: Db | Tx, { taskId, plant, accountId }: Task) {
  const change = await db
    .selectFrom('tasks')
    .innerJoin('packageRequests', (join) => join.on(sql<boolean>`source_workflow_id = 'package-change:' || request_id`))
    .select(['toCode', 'toVersion'])
    .where('taskId', '=', taskId)
    .executeTakeFirst()
  if (change !== undefined) return readPackage(db, plant, { code: change.toCode, version: change.toVersion })
  const application = await db
    .selectFrom('applications')
    .select(['packageCode', 'packageVersion'])
    .where('applicationId', '=', accountId ?? '')
    .executeTakeFirst()
  const { packageCode: code, packageVersion: version } = application ?? {}
  return typeof code === 'string' && typeof version === 'number' ? readPackage(db, plant, { code, version }) : undefined
}

/** The register of the meter that hangs there already, where the report says one. */
function registerOf({ kind }: Task, report: JsonObject): number | undefined {
  const read = report.finalRegisterWh ?? (kind === 'reading' || kind === 'meter-removal' ? report.registerWh : undefined)
  return typeof read === 'number' ? read : undefined
}
