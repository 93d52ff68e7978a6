import { DomainError } from './errors.ts'
import { assertMinor } from './money.ts'
import { meterFits } from './package.ts'
import type { MeterKind, PackageTerms } from './package.ts'
import type { PlantPolicy } from './policy.ts'

/** Activation (ACT): limiter 100, meter 300, B2.x 1,000 rupees (policy "activation"). PACKAGE_METER_UNFIT when the meter cannot serve it. */
export function activationChargeMinor(input: {
  terms: Pick<PackageTerms, 'code' | 'meterKinds'>
  meterKind: MeterKind
  policy: Pick<PlantPolicy, 'activation'>
}): number {
  const { terms, meterKind, policy } = input
  if (!meterFits(terms, meterKind))
    throw new DomainError('PACKAGE_METER_UNFIT', 'This meter cannot serve the package', { package: terms.code, meterKind })
  if (policy.activation.largeCodePrefixes.some((prefix) => terms.code.startsWith(prefix))) return policy.activation.largeMinor
  return meterKind === 'load_limiter' ? policy.activation.limiterMinor : policy.activation.meterMinor
}

/** Reconnection after a cut: on the next bill, never a condition (policy "reconnection"). */
export function reconnectionFeeMinor(policy: Pick<PlantPolicy, 'fees'>): number {
  return policy.fees.reconnectionMinor
}

/** Returns a payment's amount when it is at least the policy's 10 rupees, else BELOW_MINIMUM (policy "part payment"). */
export function assertPaymentAmount(amountMinor: unknown, policy: Pick<PlantPolicy, 'payment'>): number {
  const amount = assertMinor(amountMinor)
  if (amount <= 0) throw new DomainError('INVALID_AMOUNT', 'A payment must be above zero')
  if (amount < policy.payment.minimumMinor) {
    throw new DomainError('BELOW_MINIMUM', 'The amount is below the smallest payment', {
      minimumMinor: policy.payment.minimumMinor,
    })
  }
  return amount
}
