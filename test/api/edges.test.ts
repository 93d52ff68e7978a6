import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startApi, type TestApi } from './support/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

test.each([
  ['a path that cannot be decoded', '/v1/accounts/%E0%A4', 400],
  ['a path part without end', `/v1/accounts/${'x'.repeat(5000)}`, 404],
  ['a null byte', '/v1/accounts/%00', 401],
  ['a path upwards', '/v1/../../etc/passwd', 404],
])('%s is a problem document', async (_why, url, status) => {
  const reply = await api.app.inject({ url })
  expect([reply.statusCode, String(reply.headers['content-type']).split(';')[0]]).toEqual([status, 'application/problem+json'])
})

test.each([
  ['too long a body', JSON.stringify({ login: 'asha', password: 'x'.repeat(100_000) }), 413, 'BODY_TOO_LARGE'],
  ['a body of many brackets', '['.repeat(30_000), 400, 'MALFORMED_BODY'],
  ['a prototype', '{"login":"asha","password":"1234","__proto__":{"a":1}}', 400, 'MALFORMED_BODY'],
  ['a constructor', '{"login":"asha","password":"1234","constructor":{"prototype":{"a":1}}}', 400, 'MALFORMED_BODY'],
])('%s is refused before it is looked at', async (_why, payload, status, code) => {
  const reply = await api.app.inject({
    method: 'POST',
    url: '/v1/sessions',
    headers: { 'content-type': 'application/json' },
    payload,
  })
  expect([reply.statusCode, reply.json().code]).toEqual([status, code])
})

test('a trace that came with the request goes on', async () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  const reply = await api.app.inject({ url: '/v1/me', headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` } })
  expect(reply.json().trace_id).toBe(trace)
})

test.each(['Basic YTpi', 'Bearer', 'Bearer short', 'Bearer ' + 'x'.repeat(43), `Bearer ${'x'.repeat(500)}`])(
  'the header "%s" logs nobody in',
  async (authorization) => {
    const reply = await api.app.inject({ url: '/v1/me', headers: { authorization } })
    expect([reply.statusCode, reply.headers['www-authenticate'], reply.json().code]).toEqual([401, 'Bearer', 'UNAUTHENTICATED'])
  },
)
