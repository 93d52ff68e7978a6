import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { WALLET } from './live-stack.ts'

type Json = Readonly<Record<string, unknown>>

/** Somebody with a log-in of their own, who can do nothing but call the API. */
export interface Person {
  get<T>(path: string): Promise<T>
  /** Does it once: with an Idempotency-Key. Fails the story unless the API says yes. */
  post<T>(path: string, body?: Json): Promise<T>
  /** What the API says no with: its stable code, prefixed by the status. */
  refused(path: string, body?: Json): Promise<string>
}

/** Logs in with what one has: a staff log-in, a phone, a customer ID. */
export async function logIn(url: string, who: Json): Promise<Person> {
  const path = '/v1/sessions'
  const { token } = said(path, await call<{ token: string }>(`${url}${path}`, { method: 'POST', body: who }))
  const headers = { authorization: `Bearer ${token}` }
  const command = (path: string, body: Json) =>
    call(`${url}${path}`, { method: 'POST', headers: { ...headers, 'idempotency-key': randomUUID() }, body })
  return {
    get: async <T>(path: string) => said(path, await call<T>(`${url}${path}`, { method: 'GET', headers })),
    post: async <T>(path: string, body: Json = {}) => said(path, await command(path, body)) as T,
    refused: async (path, body = {}) => {
      const refusal = await command(path, body)
      if (refusal.status < 400) throw new Error(`${path} was not refused: ${JSON.stringify(refusal.body)}`)
      return `${refusal.status} ${String((refusal.body as { code?: unknown }).code)}`
    },
  }
}

export interface WalletPayment {
  readonly reference: string
  readonly plant: string
  /** What the payer typed as their number: customer ID, or the application's code. */
  readonly payer: string
  readonly amountMinor: number
}

/** The wallet tells of a payment, signed as its provider signs (Standard Webhooks). */
export async function tellOfPayment(url: string, secret: string, payment: WalletPayment): Promise<void> {
  const timestamp = new Date()
  const id = `msg_${payment.reference}`
  const data = { ...payment, status: 'confirmed', currency: 'INR', channel: 'wallet' }
  const body = JSON.stringify({ type: 'payment.updated', timestamp: timestamp.toISOString(), data })
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, timestamp, body),
  }
  const path = `/v1/payment-notices/${WALLET}`
  said(path, await call(`${url}${path}`, { method: 'POST', headers, body }))
}

interface Call {
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Json | string
}

interface Answer<T> {
  readonly status: number
  readonly body: T
}

async function call<T = unknown>(url: string, { method, headers = {}, body }: Call): Promise<Answer<T>> {
  const sent = typeof body === 'string' ? body : JSON.stringify(body)
  const asJson = sent === undefined ? headers : { ...headers, 'content-type': 'application/json' }
  const response = await fetch(url, { method, headers: asJson, ...(sent !== undefined && { body: sent }) })
  return { status: response.status, body: (await response.json()) as T }
}

function said<T>(path: string, { status, body }: Answer<T>): T {
  if (status >= 300) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`)
  return body
}
