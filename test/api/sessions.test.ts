import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { hashPassword } from '../../api/passwords.ts'
import { insertStaff } from '../../db/queries/staff.ts'
import { startApi, type TestApi } from './support/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await insertStaff(api.database.db, { login: 'asha', name: 'Asha Devi', role: 'csa', scope: '*', passwordHash: await hashPassword('correct horse') })
})
afterAll(() => api.close())

test('staff log in with their password and are told who they are', async () => {
  const session = await api.app.inject({ method: 'POST', url: '/v1/sessions', payload: { login: 'asha', password: 'correct horse' } })
  expect(session.statusCode).toBe(201)
  const me = await api.app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${session.json().token}` } })
  expect(me.json()).toEqual({ kind: 'staff', actor: 'asha', role: 'csa', scope: '*', plants: [] })
})
