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

const ASK_WITHIN_MS = 10_000

/** What the provider says of a payment in or out; undefined where nothing is to be learned now. */
export async function ask(
  providers: PaymentProviders,
  { provider, reference }: { readonly provider: string; readonly reference: string },
): Promise<ProviderAnswer | undefined> {
  try {
    return await providers[provider]?.status(reference, AbortSignal.timeout(ASK_WITHIN_MS))
  } catch {
    // Trouble on the way says nothing of the payment: it stays as it is, and is asked after again (billing.md rule 16).
    return undefined
  }
}
