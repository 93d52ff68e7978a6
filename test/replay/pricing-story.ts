import { inTransaction } from '../../db/queries/accounts.ts'
import { requestPrice } from '../../db/queries/price-changes.ts'
import { processIds } from '../../domain/process-ids.ts'
import { releasePrice } from '../../workflows/change-price.ts'
import { PLANT, type Village } from '../support/village.ts'

/** A new price of a package is asked for, released by another at head office, and told; it begins in October. */
export async function pricing(katsa: Village): Promise<Readonly<Record<string, string>>> {
  const asOf = await katsa.now()
  const wish = { plant: PLANT, code: 'A1.1', from: '2026-10-01', fixedChargeMinor: 17_500, textId: null }
  const { priceChangeId } = await inTransaction(katsa.db, (tx) => requestPrice(tx, { ...wish, requestedBy: 'geeta', asOf }))
  await katsa.settle()
  const workflowId = processIds.priceChange(priceChangeId)
  await katsa.temporal.client.workflow.getHandle(workflowId).executeUpdate(releasePrice, { args: [{ by: 'harish' }] })
  await katsa.settle()
  await katsa.advance('P1D')
  return { 'change-price-announced': workflowId }
}
