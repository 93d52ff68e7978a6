import { inTransaction } from '../../db/queries/accounts.ts'
import { importStatement } from '../../db/queries/bank-statements.ts'
import { declareDeposit } from '../../db/queries/cash-deposits.ts'
import { cashInHandMinor } from '../../db/queries/cash-holders.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { dateAt } from '../../domain/calendar.ts'
import { processIds } from '../../domain/process-ids.ts'
import { PLANT, type World, ZONE } from '../world.ts'

const AGENT = 'asha'
const HEAD = 'geeta'

/** The agent takes the cash to the bank, and head office finds it in the bank's statement. */
export async function bankTheCash(world: World): Promise<void> {
  const { db } = world
  const asOf = await world.now()
  const today = dateAt(asOf, ZONE)
  const amountMinor = await cashInHandMinor(db, AGENT)
  if (amountMinor <= 0) return
  const reference = `SLIP${today.replaceAll('-', '')}`
  const plant = await readPlant(db, PLANT, asOf)
  const { depositId } = await inTransaction(db, (tx) =>
    declareDeposit(
      tx,
      { plant, asOf },
      { holder: AGENT, declaredBy: AGENT, amountMinor, slipReference: reference, depositedOn: today },
    ),
  )
  const line = { bookedOn: today, reference, amountMinor, ordinal: 1 }
  await inTransaction(db, (tx) => importStatement(tx, { plant, asOf }, { bankAccount: 'SBI-1', importedBy: HEAD, lines: [line] }))
  await world.settle()
  const { lineId } = await db
    .selectFrom('bankStatementLines')
    .select('lineId')
    .where('reference', '=', reference)
    .executeTakeFirstOrThrow()
  await world.decide(processIds.depositCash(depositId), 'verify-deposit', { by: HEAD, detail: { lineId } })
}
