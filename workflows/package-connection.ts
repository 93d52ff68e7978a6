import type { PackageChangeFacts } from '../activities/package-facts.ts'
import { addToInstant } from '../domain/calendar.ts'
import { facts, work } from './activity-proxies.ts'
import type { PackageChange } from './change-package.ts'
import type { StageFacts } from './stage.ts'
import { programMeter, type ProgramOutcome } from './program-meter.ts'

type Ending = Parameters<typeof work.endPackageRequest>[0]['as']

/**
 * Feeder, meter and limits as the new package wants them, then the new price. Returns why it failed, or undefined once applied.
 * Nothing is billed at the new price before the meter (or the technician for it) has reported the new limits.
 */
export async function updateConnection(change: PackageChange): Promise<Ending | undefined> {
  const failed = (await moveFeeder(change)) ?? (await exchangeMeter(change))
  if (failed !== undefined) return failed
  // From this stage on a withdrawal is refused; one that was accepted just before is found by the step itself.
  await change.p.stage('Programming', { waitingFor: 'meter' })
  const { version, stop } = await work.switchSupply(await change.at())
  if (stop !== null) return stop
  const { result } = await program(change, { version, step: 'program' })
  if (result === 'refused') return 'MeterRefused'
  if (result === 'superseded') return (await change.look()).stop ?? 'Superseded'
  return (await work.applyPackageChange(await change.at())).stop ?? undefined
}

/** The way back: supply package and meter as they were, the money credited, the customer told; then the meter's own report of it. */
export async function setBack(change: PackageChange, as: Ending): Promise<void> {
  const { version } = await work.setBackSupply({ ...(await change.at()), as })
  // Who leaves has the meter taken down by the closing: nobody waits for it here.
  if (as !== 'CustomerLeft') await program(change, { version, step: 'set-back' })
}

async function program(
  change: PackageChange,
  { version, step }: { version: number | null; step: string },
): Promise<ProgramOutcome> {
  const { p, input, read } = change
  const { customerId, plant } = input
  if (version === null) return { result: 'applied' }
  const { zone } = await change.look()
  const known = await facts.readMeterProgress({ customerId, version, workflowId: p.workflowId, step, asOf: await p.now() })
  if (known.result !== 'pending' && known.result !== 'reported-by-hand') return known as ProgramOutcome
  const isUnwanted = async (asOf: string): Promise<boolean> => {
    const { stop } = await read(asOf)
    return step === 'program' ? stop !== null : stop === 'CustomerLeft'
  }
  return programMeter(p, { customerId, plant, zone, version, step, overtaken: isUnwanted })
}

/** The connection goes to another feeder first: more load on the old one is what was to be avoided. */
async function moveFeeder(change: PackageChange): Promise<Ending | undefined> {
  const { movesTo, request, stop } = await change.look()
  if (movesTo === null || request.switchedAt !== null) return undefined
  if (stop !== null) return stop
  await work.openFeederMove(await change.at())
  const done = await waitForTask(change, { step: 'feeder-move', name: 'FeederMove' })
  if (done.stop !== null) return done.stop
  if (done.tasks['feeder-move']?.outcome === 'not-possible') return 'WorkNotDone'
  await work.recordFeederMove(await change.at())
  return undefined
}

/** Where the meter does not fit the package, one from the stock takes its place (policy "which meter"). */
async function exchangeMeter(change: PackageChange): Promise<Ending | undefined> {
  const { needsMeter, request, stop } = await change.look()
  if (!needsMeter || request.switchedAt !== null) return undefined
  if (stop !== null) return stop
  const stopped = await waitForStock(change)
  if (stopped !== undefined) return stopped
  const done = await waitForTask(change, { step: 'installation', name: 'Installation' })
  const task = done.tasks.installation
  if (task?.status === 'completed' && task.outcome !== 'not-possible') {
    await work.recordInstallation(await change.at())
    return undefined
  }
  await work.returnMeter(await change.at())
  return done.stop ?? 'WorkNotDone'
}

/** Sets a meter aside and opens the task; while none that fits is free, waits for the stock and tells the plant. */
async function waitForStock(change: PackageChange): Promise<Ending | undefined> {
  const { request, zone, within } = await change.look()
  let until = await change.p.now()
  for (let times = 1; ; times += 1) {
    const { newMeterKind: kind } = await change.look()
    const { serial } = await work.prepareInstallation({ ...(await change.at()), kind })
    if (serial !== null) return undefined
    if (times > 1) await work.escalateNoMeter({ ...(await change.at()), times: times - 1 })
    until = addToInstant(until, within.remind, zone)
    const moved = await change.p.waitFor({
      read: change.read,
      enough: (fact) => fact.stop !== null || fact.freeMeters > 0,
      until,
      stage: {
        name: 'Stock',
        waitingFor: 'operator',
        chasedBy: 'body',
        dueAt: until,
        topics: [`stock:${request.plant}:${kind}`],
      },
      summary: `a ${kind} meter in the stock of ${request.plant}`,
    })
    if (moved?.stop) return moved.stop
  }
}

async function waitForTask(change: PackageChange, { step, name }: { step: string; name: string }): Promise<PackageChangeFacts> {
  const { request, tasks, within, zone } = await change.look()
  const dueAt = addToInstant(await change.p.now(), within.work, zone)
  const taskId = tasks[step]?.taskId
  const stage: { name: string } & StageFacts = {
    name,
    waitingFor: 'technician',
    chasedBy: 'task',
    dueAt,
    topics: taskId === undefined ? [] : [`task:${taskId}`],
  }
  return change.p.waitAsLongAsItTakes({
    read: change.read,
    enough: (fact) => fact.stop !== null || ['completed', 'cancelled'].includes(fact.tasks[step]?.status ?? 'cancelled'),
    stage,
    summary: `${step} for ${request.requestId}`,
  })
}
