import { addToInstant } from '../domain/calendar.ts'
import { work } from './activity-proxies.ts'
import type { PackageChange } from './change-package.ts'

/**
 * The cluster in-charge confirms the finished work, or sends it back (manual 2.2.9). The change stands meanwhile; silence never
 * confirms: they are reminded after a day, and the state in-charge is told after two, and every day.
 */
export async function awaitReview(change: PackageChange): Promise<void> {
  for (;;) {
    const { request, review, tasks } = await change.look()
    const rework = tasks[`rework:${request.reviewRound - 1}`]
    if (review?.verdict === 'confirmed') return
    if (review !== null) await work.openRework({ ...(await change.at()), textId: review.textId })
    else if (rework !== undefined && rework.status !== 'completed' && rework.status !== 'cancelled')
      await waitForRework(change, rework.taskId)
    else await waitForReviewer(change)
  }
}

async function waitForRework({ p, read, input }: PackageChange, taskId: string): Promise<void> {
  await p.waitAsLongAsItTakes({
    read,
    enough: ({ tasks }) =>
      Object.values(tasks).every((task) => task.taskId !== taskId || task.status === 'completed' || task.status === 'cancelled'),
    stage: { name: 'Rework', waitingFor: 'technician', chasedBy: 'task', topics: [`task:${taskId}`] },
    summary: `work of ${input.requestId} to be done again`,
  })
}

async function waitForReviewer(change: PackageChange): Promise<void> {
  const { request, within, zone } = await change.look()
  let until = request.appliedAt ?? request.requestedAt
  for (let times = 1; ; times += 1) {
    until = addToInstant(until, within.remind, zone)
    const decided = await change.p.waitFor({
      read: change.read,
      enough: ({ review }) => review !== null,
      until,
      stage: { name: 'Review', waitingFor: 'cluster-in-charge', dueAt: until, chasedBy: 'body', barred: [request.requestedBy] },
      summary: `work of ${request.requestId} to be confirmed`,
    })
    if (decided !== undefined) return
    await work.chasePackageDecision({ ...(await change.at()), step: 'review', times })
  }
}
