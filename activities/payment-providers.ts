import type { ProviderStatus } from '../domain/payment.ts'

/** What a provider answers when asked about a payment. Without an amount it is the one first told. */
export interface ProviderAnswer {
  readonly status: ProviderStatus
  readonly amountMinor?: number
  readonly currency?: string
}

/** The one question we put to a provider. It may throw or be late: then nothing is known, which is not "failed". */
export interface PaymentProviderPort {
  status(reference: string, signal: AbortSignal): Promise<ProviderAnswer>
}

/** Providers by the name under which their notices arrive. */
export type PaymentProviders = Readonly<Record<string, PaymentProviderPort>>

/**
 * A wallet that is nobody's, for the demo, for training and for tests: the end of the reference says what became of the payment
 * (`…-fails`, `…-lost`, `…-silent`); any other is confirmed when asked.
 */
export const sandboxWallet: PaymentProviderPort = {
  status: async (reference) => {
    if (reference.endsWith('-silent')) throw new Error('the sandbox wallet does not answer')
    if (reference.endsWith('-fails')) return { status: 'failed' }
    return { status: reference.endsWith('-lost') ? 'unknown' : 'confirmed' }
  },
}

/** Providers that answer without being set up. */
export const SANDBOX_PROVIDERS: PaymentProviders = { 'sandbox-wallet': sandboxWallet }
