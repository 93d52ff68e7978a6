import { inTransaction } from '../../db/queries/accounts.ts'
import { importStatement } from '../../db/queries/bank-statements.ts'
import { countCash } from '../../db/queries/cash-counts.ts'
import { declareDeposit } from '../../db/queries/cash-deposits.ts'
import { acceptCash, offerCash } from '../../db/queries/cash-handovers.ts'
import { cashInHandMinor } from '../../db/queries/cash-holders.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { dateAt } from '../../domain/calendar.ts'
import { processIds } from '../../domain/process-ids.ts'
import { randomOf } from '../lives/random.ts'
import { PLANT, type World, ZONE } from '../world.ts'

const AGENT = 'asha'
/** Collects too, and brings it to the agent. */
const COLLECTOR = 'imran'
const HEAD = 'geeta'
const RUPEES_10 = 1_000

/** Everybody counts what is in their hands: seldom some is missing, or there is more than the book says. */
export async function countTheCash({ db, ...world }: World, seed: number): Promise<void> {
  const asOf = await world.now()
  const plant = await readPlant(db, PLANT, asOf)
  for (const holder of [AGENT, COLLECTOR]) {
    const bookMinor = await cashInHandMinor(db, holder)
    if (bookMinor <= 0) continue
    const { differsMinor, ...counting } = drawn(randomOf(seed, 'count', holder, dateAt(asOf, ZONE)), bookMinor)
    const count = { holder, countedBy: holder, countedMinor: bookMinor + differsMinor, ...counting }
    await inTransaction(db, (tx) => countCash(tx, { plant, asOf }, count))
  }
}

function drawn(random: ReturnType<typeof randomOf>, bookMinor: number): { differsMinor: number; reason?: string } {
  const differsMinor = RUPEES_10 * random.whole(1, 8)
  if (random.chance(0.05)) return { differsMinor: -Math.min(differsMinor, bookMinor) }
  return random.chance(0.04) ? { differsMinor, reason: 'a customer did not take the change' } : { differsMinor: 0 }
}

/** What was collected elsewhere is handed over to the agent, who says what came. */
export async function handOverTheCash({ db, ...world }: World): Promise<void> {
  const asOf = await world.now()
  const amountMinor = await cashInHandMinor(db, COLLECTOR)
  if (amountMinor <= 0) return
  const at = { plant: await readPlant(db, PLANT, asOf), asOf }
  const { handoverId } = await inTransaction(db, (tx) =>
    offerCash(tx, at, { from: COLLECTOR, to: AGENT, amountMinor, offeredBy: COLLECTOR }),
  )
  await inTransaction(db, (tx) => acceptCash(tx, at, { handoverId, amountMinor, by: AGENT }))
}

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
