import type { JsonObject } from '../../db/tables.ts'
import type { DecisionInput } from '../../workflows/decisions.ts'
import { decidePlans } from './agreements.ts'
import { answerDoubtfulMoney } from './doubtful-money.ts'
import { payMoneyBack } from './money-back.ts'
import type { Workplace } from './tasks.ts'
import { PLANT, type World } from '../world.ts'

/** A process that waits for somebody of the staff. */
export interface Waiting {
  readonly workflowId: string
  readonly workflowType: string
  readonly stage: string
  readonly waitingFor: string | null
  readonly accountId: string | null
}

export interface Answer extends DecisionInput {
  readonly name: string
}

const CLUSTER = 'deepa'
const STATE = 'farid'
const HEAD = 'geeta'
const AGENT = 'asha'
const OTHER_AGENT = 'imran'

/** Everybody decides what waits for them. */
export async function keepDesks(workplace: Workplace): Promise<void> {
  await decidePlans(workplace)
  for (const waiting of await waitingForStaff(workplace.world)) {
    if (await payMoneyBack(workplace.world, waiting)) continue
    const answer = await answerTo(workplace, waiting)
    if (answer === undefined) continue
    const { name, ...decision } = answer
    await workplace.world.decide(waiting.workflowId, name, decision)
  }
}

async function waitingForStaff({ db }: World): Promise<Waiting[]> {
  return db
    .selectFrom('processes')
    .select(['workflowId', 'workflowType', 'stage', 'waitingFor', 'accountId'])
    .where('plant', '=', PLANT)
    .where('outcome', 'is', null)
    .where('waitingFor', 'in', ['csa', 'operator', 'cluster-in-charge', 'state-in-charge', 'head-office'])
    .where('workflowType', '<>', 'doFieldTask')
    .orderBy('accountId')
    .orderBy('workflowId')
    .execute()
}

async function answerTo(workplace: Workplace, waiting: Waiting): Promise<Answer | undefined> {
  switch (waiting.workflowType) {
    case 'onboardCustomer':
      return onboarding(workplace, waiting)
    case 'changePackage':
      return packageChange(waiting)
    case 'collectDues':
      return collection(waiting)
    case 'correctCharge':
      return { name: 'approveCorrection', by: BY[waiting.waitingFor ?? ''] ?? CLUSTER }
    case 'handleDispute':
      return answerDispute(workplace, waiting)
    case 'receivePayment':
      return answerDoubtfulMoney(workplace, waiting, await workplace.world.now())
    case 'closeAccount':
      return waiting.stage === 'MeterNotFound' ? { name: 'try-again', by: CLUSTER } : undefined
    default:
      return undefined
  }
}

const BY: Readonly<Record<string, string>> = {
  csa: AGENT,
  operator: 'chandan',
  'cluster-in-charge': CLUSTER,
  'state-in-charge': STATE,
  'head-office': HEAD,
}

function onboarding({ lifeOf }: Workplace, { stage, accountId }: Waiting): Answer | undefined {
  const life = lifeOf(accountId ?? '')
  if (life === undefined) return undefined
  const { packageCode: code, pole, meterKind, depositParts } = life
  if (stage === 'Kyc') return { name: 'enterKyc', by: AGENT, detail: { kind: 'voter-id' } }
  if (stage === 'PackageChoice') return { name: 'choosePackage', by: AGENT, detail: { code, pole, meterKind, depositParts } }
  if (stage === 'InstallationInDoubt' || stage === 'MeterRefused') return { name: 'replanInstallation', by: CLUSTER }
  return undefined
}

function packageChange({ stage }: Waiting): Answer | undefined {
  if (stage === 'Approval') return { name: 'approve', by: CLUSTER }
  if (stage === 'StateApproval') return { name: 'approveState', by: STATE }
  return stage === 'Review' ? { name: 'confirmWork', by: CLUSTER } : undefined
}

/** Protected houses stay lit, and whoever was dark and silent for two months has left. */
function collection({ stage, waitingFor }: Waiting): Answer | undefined {
  if (stage !== 'AwaitingDecision') return undefined
  return waitingFor === 'state-in-charge' ? { name: 'keep-protected', by: STATE } : { name: 'confirm-ban', by: CLUSTER }
}

/** Where an even number of rupees was doubted, the bill was wrong by that much; otherwise it was right. */
async function answerDispute({ world }: Workplace, { workflowId, stage }: Waiting): Promise<Answer | undefined> {
  if (stage !== 'Answering') return undefined
  const disputeId = decodeURIComponent(workflowId.slice('dispute:'.length))
  const part = await world.db
    .selectFrom('disputedCharges')
    .innerJoin('disputes', 'disputes.disputeId', 'disputedCharges.disputeId')
    .select(['disputedCharges.chargeId', 'disputedCharges.amountMinor', 'round'])
    .where('disputedCharges.disputeId', '=', disputeId)
    .orderBy('disputedCharges.chargeId')
    .executeTakeFirst()
  const isWrong = part !== undefined && part.round === 1 && part.amountMinor % 200 === 0
  const reason: JsonObject = { reason: 'reading-right' }
  if (!isWrong) return { name: 'confirmBill', by: OTHER_AGENT, detail: reason }
  return { name: 'correctBill', by: OTHER_AGENT, detail: { chargeId: part.chargeId, amountMinor: part.amountMinor } }
}
