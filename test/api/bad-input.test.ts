import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Role } from '../../domain/roles.ts'
import { BAD_IDS, badBodies, badQueryValues } from './support/bad-values.ts'
import { digestOf } from './support/digest.ts'
import { type DocumentedRoute, documentedRoutes, sample, urlOf } from './support/documented.ts'
import { type World, world } from './support/world.ts'

// Every route of the OpenAPI document is tried, also those that are added later: nothing here names one.

let w: World
let routes: DocumentedRoute[]
beforeAll(async () => {
  w = await world()
  routes = documentedRoutes(w.app)
})
afterAll(() => w.close())

describe('each route refuses, with a problem document and no change,', () => {
  test('bodies that are wrong in any one way', async () => {
    await expectNoChange(async () => {
      for (const route of routes.filter(({ body, isJson }) => body !== undefined && isJson))
        for (const { why, json } of badBodies(route.body ?? {}))
          await expectRefusal(route, { url: urlOf(route, ownIds()), payload: json, why })
    })
  })

  test('ids that are none', async () => {
    await expectNoChange(async () => {
      for (const route of routes)
        for (const { name } of route.parameters.filter((parameter) => parameter.in === 'path'))
          for (const bad of BAD_IDS.filter((id) => !(name === 'plant' && id === 'BHKATS')))
            await expectRefusal(route, {
              url: urlOf(route, { ...ownIds(), [name]: bad }),
              payload: goodBody(route),
              why: `${name} ${bad}`,
            })
    })
  })

  test('queries that are wrong', async () => {
    await expectNoChange(async () => {
      for (const route of routes.filter(({ method }) => method === 'GET')) {
        const url = urlOf(route, ownIds())
        const join = url.includes('?') ? '&' : '?'
        if (route.parameters.some((parameter) => parameter.in === 'query'))
          await expectRefusal(route, { url: `${url}${join}unheardOf=1`, why: 'an unknown parameter' })
        for (const { name, schema } of route.parameters.filter((parameter) => parameter.in === 'query'))
          for (const bad of badQueryValues(schema))
            await expectRefusal(route, {
              url: `${url}${join}${name}=${encodeURIComponent(bad)}`,
              why: `${name}=${bad.slice(0, 20)}`,
            })
      }
    })
  })

  test('other content types than JSON', async () => {
    await expectNoChange(async () => {
      for (const route of routes.filter(({ body, isJson }) => body !== undefined && isJson))
        for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x'])
          await expectRefusal(route, { url: urlOf(route, ownIds()), payload: goodBody(route) ?? '', type, why: type })
    })
  })
})

test('what is another plant’s, or another customer’s, does not exist', async () => {
  await expectNoChange(async () => {
    for (const route of routes.filter(({ path }) => path.includes('{')))
      for (const role of route.roles) {
        const reply = await send(route, { url: urlOf(route, ownIds()), payload: goodBody(route), headers: w.asStranger(role) })
        expect({ route: route.title, role, status: reply.statusCode, code: reply.json().code }).toEqual({
          route: route.title,
          role,
          status: 404,
          code: 'NOT_FOUND',
        })
      }
  })
})

test('a role without the action is refused, and so is nobody', async () => {
  await expectNoChange(async () => {
    for (const route of routes.filter(({ roles }) => roles.length > 0)) {
      const others = (
        ['customer', 'technician', 'csa', 'operator', 'cluster-in-charge', 'state-in-charge', 'head-office'] as const
      ).filter((role) => !route.roles.includes(role))
      for (const role of others)
        expect(
          (await send(route, { url: urlOf(route, ownIds()), payload: goodBody(route), headers: w.as(role) })).statusCode,
        ).toBe(403)
      expect((await send(route, { url: urlOf(route, ownIds()), payload: goodBody(route), headers: {} })).statusCode).toBe(401)
    }
  })
})

test('a command without an Idempotency-Key is refused', async () => {
  for (const route of routes.filter(({ isIdempotent }) => isIdempotent)) {
    const reply = await w.app.inject({
      method: route.method,
      url: urlOf(route, ownIds()),
      headers: { ...w.as(someone(route)), 'content-type': 'application/json' },
      payload: goodBody(route) ?? '{}',
    })
    expect([route.title, reply.statusCode, reply.json().code]).toEqual([route.title, 400, 'IDEMPOTENCY_KEY_MISSING'])
  }
})

interface Attempt {
  readonly url: string
  readonly payload?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly type?: string
}

let attempts = 0
async function send(route: DocumentedRoute, { url, payload, headers, type = 'application/json' }: Attempt) {
  attempts += 1
  const key = route.isIdempotent ? { 'idempotency-key': `attempt-${attempts}` } : {}
  const body = payload === undefined ? {} : { payload }
  return w.app.inject({
    method: route.method,
    url,
    headers: {
      ...(headers ?? (route.roles.length > 0 ? w.as(someone(route)) : {})),
      ...key,
      ...(payload !== undefined && { 'content-type': type }),
    },
    ...body,
  })
}

async function expectRefusal(route: DocumentedRoute, { why, ...attempt }: Attempt & { why: string }): Promise<void> {
  const reply = await send(route, attempt)
  const told = {
    route: route.title,
    why,
    type: String(reply.headers['content-type']).split(';')[0],
    refused: [400, 401, 404, 413, 415].includes(reply.statusCode) || reply.statusCode,
  }
  expect(told).toEqual({ route: route.title, why, type: 'application/problem+json', refused: true })
  expect(reply.json()).toMatchObject({
    status: reply.statusCode,
    code: expect.any(String),
    title: expect.any(String),
    detail: expect.any(String),
    trace_id: expect.any(String),
  })
}

async function expectNoChange(act: () => Promise<void>): Promise<void> {
  const before = await digestOf(w.database.db)
  await act()
  expect(await digestOf(w.database.db)).toBe(before)
}

function someone({ roles }: DocumentedRoute): Role {
  return roles.find((role) => role !== 'customer') ?? 'customer'
}

function goodBody(route: DocumentedRoute): string | undefined {
  return route.body === undefined ? undefined : JSON.stringify(sample(route.body))
}

/** Ids that exist at Katsa; others are samples of their schema. */
function ownIds(): Record<string, string> {
  return {
    accountId: w.sunita.accountId,
    applicationId: w.sunita.accountId,
    customerId: w.sunita.customerId,
    serial: w.sunita.serial,
    plant: 'BHKATS',
    workflowId: w.workflowId,
    taskId: w.taskId,
  }
}
