import type { IsoDate, IsoDuration, LocalTime } from './calendar.ts'
import type { TaskKind } from './tasks.ts'

/** A plant's rules as data, versioned (design "Policy is data"): durations are ISO 8601, amounts minor units of the plant's currency. */
export type PlantPolicy = {
  readonly version: number
  readonly validFrom: IsoDate
  /** First day of a period, 1–31. */
  readonly anchorDay: number
  readonly postpaid: { readonly dueAfter: IsoDuration; readonly issuedWithin: IsoDuration }
  readonly prepaid: {
    readonly issuedBefore: IsoDuration
    readonly grace: IsoDuration
    readonly creditLimitMinor: number
    readonly inactiveAfter: IsoDuration
  }
  readonly payment: {
    readonly minimumMinor: number
    readonly uncertainHoldsOffCut: IsoDuration
    /** How late cash may be entered as of the day it was taken: by the agent, and by the office (billing.md rule 6). */
    readonly backdatingAgent: IsoDuration
    readonly backdatingOffice: IsoDuration
    /** After so long in doubt head office may decide what became of a payment, with proof. */
    readonly doubtDecidedAfter: IsoDuration
  }
  readonly deposit: {
    readonly expectedBills: number
    readonly roundUpToMinor: number
    readonly minimumMinor: number
    readonly maxParts: number
    readonly exemptCategories: readonly string[]
    readonly ownMeanAfterPeriods: number
    readonly topUpIfShortByPercent: number
    readonly topUpIfShortByMinor: number
    readonly reviewEvery: IsoDuration
  }
  readonly activation: {
    readonly limiterMinor: number
    readonly meterMinor: number
    readonly largeMinor: number
    readonly largeCodePrefixes: readonly string[]
  }
  readonly fees: { readonly reconnectionMinor: number; readonly packageChangeMinor: number }
  readonly metering: {
    readonly readFromDay: number
    readonly readWithin: IsoDuration
    readonly smartWait: IsoDuration
    /** How long a set waits for boundary registers that come by themselves before their customers get cycles of their own. */
    readonly registersWithin: IsoDuration
    /** How often a billing run looks for such registers where nothing woke it. */
    readonly lookAgainAfter: IsoDuration
    readonly meanOfPeriods: number
    readonly maxEstimatesRunning: number
    readonly reviewOverTimesMean: number
    readonly reviewUnderTimesMean: number
  }
  readonly chasing: {
    readonly flagOpenMinor: number
    readonly flagDepositTimes: number
    readonly remindBefore: IsoDuration
    readonly noticeAfter: IsoDuration
    readonly visitsAfter: readonly IsoDuration[]
    readonly cutAfter: IsoDuration
    readonly clearDaysAfterNotice: number
    readonly warnBefore: IsoDuration
    readonly cutWeekdays: readonly number[]
    readonly cutFrom: LocalTime
    readonly cutTo: LocalTime
    readonly visitFrom: LocalTime
    readonly sendFrom: LocalTime
    readonly protectedCategories: readonly string[]
    readonly putOffSharePercent: number
    readonly putOffBy: IsoDuration
    readonly promiseCsa: IsoDuration
    readonly promiseCluster: IsoDuration
    readonly planPartsCluster: number
    readonly planPartsState: number
    /** The longest time from one part of a plan to the next. */
    readonly planPartWithin: IsoDuration
    readonly noticeGoodFor: IsoDuration
    readonly depositDrawnAfter: IsoDuration
    readonly depositDrawnNotice: IsoDuration
    readonly banAfter: IsoDuration
  }
  readonly reconnection: { readonly taskWithin: IsoDuration }
  readonly closing: { readonly refundWithin: IsoDuration; readonly unclaimedAfter: IsoDuration; readonly readWithin: IsoDuration }
  readonly onboarding: {
    readonly deadline: IsoDuration
    readonly extension: IsoDuration
    readonly maxExtensions: number
    readonly installWithin: IsoDuration
    readonly remindEvery: IsoDuration
  }
  readonly packageChange: {
    readonly approveWithin: IsoDuration
    readonly payWithin: IsoDuration
    readonly workWithin: IsoDuration
    readonly downgradeOncePeriods: number
    readonly stateApprovalFromW: number
    /** How much of all promised load limits is drawn at one time (docs/decisions/0021). */
    readonly simultaneousPercent: number
  }
  /** How long before a new price begins each customer has been told (policy "price change"). */
  readonly priceChange: { readonly notice: IsoDuration }
  readonly supply: {
    readonly unapprovedCutUpTo: IsoDuration
    readonly clusterCutUpTo: IsoDuration
    readonly lostHoursCreditAfter: IsoDuration
  }
  readonly tasks: {
    readonly targets: Readonly<Record<TaskKind, IsoDuration>>
    readonly remindAfter: IsoDuration
    readonly escalateAfter: IsoDuration
  }
  /** Processes that wait for somebody: when that person is reminded, when the level above is told, and how often after that. */
  readonly waiting: { readonly remindAfter: IsoDuration; readonly escalateAfter: IsoDuration; readonly againEvery: IsoDuration }
  readonly approvals: {
    readonly creditNoteClusterUpToMinor: number
    readonly creditNoteStateUpToMinor: number
    readonly depositRefundClusterUpToMinor: number
  }
  readonly cash: {
    readonly ceilingMinor: number
    readonly bankWithin: IsoDuration
    /** An offer to hand cash over stands so long. */
    readonly handOverWithin: IsoDuration
    /** Head office finds a deposit in the bank's statement within this; after it people are reminded. */
    readonly verifyWithin: IsoDuration
    /** A line of the bank may be a deposit of so many days before. */
    readonly matchWithin: IsoDuration
  }
  /** How long what should be is given, before the reconciler opens a case: a meter without a hold that stays dark, a period without a bill. */
  readonly reconciliation: { readonly darkWithin: IsoDuration; readonly billedWithin: IsoDuration }
  readonly quietHours: { readonly from: LocalTime; readonly to: LocalTime }
  /** What stands on every paper; an empty phone or UPI address: there is none. Bills ask for payment to that address by QR code. */
  readonly papers: {
    readonly supplierName: string
    readonly supplierNameHi: string
    readonly phone: string
    readonly upiAddress: string
  }
}

/** Defaults of plant BHKATS from 2026-07-01: every row of the policy paper as data. */
export const KATSA_POLICY_V1: PlantPolicy = {
  version: 1,
  validFrom: '2026-07-01',
  anchorDay: 1,
  postpaid: { dueAfter: 'P9D', issuedWithin: 'P3D' },
  prepaid: { issuedBefore: 'P5D', grace: 'P3D', creditLimitMinor: 0, inactiveAfter: 'P60D' },
  payment: {
    minimumMinor: 1_000,
    uncertainHoldsOffCut: 'P2D',
    backdatingAgent: 'P7D',
    backdatingOffice: 'P30D',
    doubtDecidedAfter: 'P7D',
  },
  deposit: {
    expectedBills: 1,
    roundUpToMinor: 5_000,
    minimumMinor: 20_000,
    maxParts: 3,
    exemptCategories: ['panchayat', 'government', 'public-lighting'],
    ownMeanAfterPeriods: 6,
    topUpIfShortByPercent: 25,
    topUpIfShortByMinor: 10_000,
    reviewEvery: 'P1Y',
  },
  activation: { limiterMinor: 10_000, meterMinor: 30_000, largeMinor: 100_000, largeCodePrefixes: ['B2.'] },
  fees: { reconnectionMinor: 5_000, packageChangeMinor: 0 },
  metering: {
    readFromDay: 24,
    readWithin: 'P3D',
    smartWait: 'P3D',
    registersWithin: 'P1D',
    lookAgainAfter: 'PT6H',
    meanOfPeriods: 3,
    maxEstimatesRunning: 2,
    reviewOverTimesMean: 2.5,
    reviewUnderTimesMean: 0.3,
  },
  chasing: {
    flagOpenMinor: 5_000,
    flagDepositTimes: 1.5,
    remindBefore: 'P3D',
    noticeAfter: 'P1D',
    visitsAfter: ['P2D', 'P7D', 'P12D'],
    cutAfter: 'P17D',
    clearDaysAfterNotice: 15,
    warnBefore: 'P1D',
    cutWeekdays: [1, 2, 3, 4],
    cutFrom: '10:00',
    cutTo: '16:00',
    visitFrom: '10:00',
    sendFrom: '09:00',
    protectedCategories: ['hospital', 'school', 'public-lighting', 'medical-need'],
    putOffSharePercent: 50,
    putOffBy: 'P7D',
    promiseCsa: 'P7D',
    promiseCluster: 'P30D',
    planPartsCluster: 3,
    planPartsState: 6,
    planPartWithin: 'P31D',
    noticeGoodFor: 'P30D',
    depositDrawnAfter: 'P15D',
    depositDrawnNotice: 'P7D',
    banAfter: 'P60D',
  },
  reconnection: { taskWithin: 'P1D' },
  closing: { refundWithin: 'P15D', unclaimedAfter: 'P90D', readWithin: 'P5D' },
  onboarding: { deadline: 'P30D', extension: 'P15D', maxExtensions: 1, installWithin: 'P7D', remindEvery: 'P7D' },
  packageChange: {
    approveWithin: 'P3D',
    payWithin: 'P10D',
    workWithin: 'P5D',
    downgradeOncePeriods: 3,
    stateApprovalFromW: 3_000,
    simultaneousPercent: 40,
  },
  priceChange: { notice: 'P30D' },
  supply: { unapprovedCutUpTo: 'PT4H', clusterCutUpTo: 'PT24H', lostHoursCreditAfter: 'PT24H' },
  tasks: {
    targets: {
      'no-supply': 'P1D',
      'meter-fault': 'P2D',
      'bill-question': 'P3D',
      dispute: 'P10D',
      installation: 'P7D',
      reading: 'P5D',
      'reading-review': 'P2D',
      'bill-delivery': 'P5D',
      'collection-visit': 'P2D',
      'written-notice': 'P2D',
      disconnection: 'P1D',
      reconnection: 'P1D',
      reprogramming: 'P5D',
      'feeder-move': 'P5D',
      'meter-removal': 'P5D',
      'meter-replacement': 'P2D',
      'meter-visit': 'P5D',
      'follow-up': 'P5D',
      'onboarding-visit': 'P5D',
      other: 'P5D',
    },
    remindAfter: 'P1D',
    escalateAfter: 'P2D',
  },
  waiting: { remindAfter: 'P1D', escalateAfter: 'P2D', againEvery: 'P7D' },
  approvals: { creditNoteClusterUpToMinor: 50_000, creditNoteStateUpToMinor: 500_000, depositRefundClusterUpToMinor: 300_000 },
  cash: { ceilingMinor: 1_500_000, bankWithin: 'P3D', handOverWithin: 'P1D', verifyWithin: 'P3D', matchWithin: 'P5D' },
  reconciliation: { darkWithin: 'P2D', billedWithin: 'P5D' },
  quietHours: { from: '20:00', to: '08:00' },
  papers: {
    supplierName: 'Katsa Minigrid',
    supplierNameHi: 'कटसा मिनी-ग्रिड',
    phone: '+91 00000 00000',
    upiAddress: 'katsa.minigrid@example',
  },
}
