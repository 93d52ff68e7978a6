import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Validator } from '@seriousme/openapi-schema-validator'
import { startApi, type TestApi } from './support/api.ts'
import { documentedRoutes } from './support/documented.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

test('the document served is valid OpenAPI 3.1', async () => {
  const document = (await api.app.inject({ url: '/docs/json' })).json()
  expect(document.openapi).toBe('3.1.0')
  expect(await new Validator().validate(document)).toEqual({ valid: true })
})

test('every route says what it answers, whom it is for, and how it refuses', () => {
  for (const { title, responses, roles } of documentedRoutes(api.app)) {
    const statuses = Object.keys(responses)
    expect([title, statuses.some((status) => status.startsWith('2'))]).toEqual([title, true])
    expect([title, roles.length === 0 || ['401', '403'].every((status) => statuses.includes(status))]).toEqual([title, true])
  }
})

test('people read the documents in a browser', async () => {
  const page = await api.app.inject({ url: '/docs/' })
  expect(page.statusCode).toBe(200)
  expect(page.headers['content-type']).toContain('text/html')
})

test('every code of a problem is listed', async () => {
  const { problems } = (await api.app.inject({ url: '/problems' })).json()
  expect(problems).toContainEqual({
    type: '/problems/already-decided',
    code: 'ALREADY_DECIDED',
    title: 'Already decided',
    status: 409,
  })
})

test('health tells a process that lives from one that can serve', async () => {
  expect((await api.app.inject({ url: '/health/live' })).statusCode).toBe(200)
  const ready = await api.app.inject({ url: '/health/ready' })
  expect([ready.statusCode, ready.json()]).toEqual([503, { status: 'unavailable', database: true, temporal: false }])
})

test('what is nowhere is a problem document too', async () => {
  const reply = await api.app.inject({ url: '/v1/nowhere' })
  expect(reply.statusCode).toBe(404)
  expect(reply.headers['content-type']).toContain('application/problem+json')
  expect(reply.headers['x-content-type-options']).toBe('nosniff')
})
