import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { PLANT } from '../support/village.ts'
import { type World, world } from './support/world.ts'

// No Temporal here: what is entered before the process hears of it, and who sees what. The process is in test/workflows/.

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

const applicant = { name: 'Phulmati Devi', phone: '+915550001111', language: 'hi' }
const wish = { plant: PLANT, category: 'low-income', address: 'Tola 4, Katsa' }
let keys = 0

async function post(url: string, body: object, headers: object, key = `key-${(keys += 1)}`) {
  const reply = await w.app.inject({ method: 'POST', url, payload: body, headers: { ...headers, 'idempotency-key': key } })
  return { status: reply.statusCode, body: reply.json() }
}

const get = async (url: string, headers: object) => {
  const reply = await w.app.inject({ method: 'GET', url, headers: { ...headers } })
  return { status: reply.statusCode, body: reply.json() }
}

test('a household that applies at its door is one application with a start on its way, however often it is sent', async () => {
  const first = await post('/v1/applications', { ...wish, applicant }, w.as('csa'), 'once')
  const again = await post('/v1/applications', { ...wish, applicant }, w.as('csa'), 'once')
  expect([first.status, again.body]).toEqual([201, first.body])
  const { applicationId } = first.body
  const starts = await w.database.db
    .selectFrom('outbox')
    .select(['workflowId', 'input'])
    .where('workflowType', '=', 'onboardCustomer')
    .execute()
  expect(starts).toEqual([
    { workflowId: `onboarding:${applicationId}`, input: { plant: PLANT, applicationId, accountId: applicationId } },
  ])
  const page = await get(`/v1/applications/${applicationId}`, w.as('csa'))
  expect(page.body).toMatchObject({
    application: { salesAgent: 'asha', origin: 'visit' },
    applicant: { name: 'Phulmati Devi' },
    stage: 'Starting',
    demands: [],
  })
})

test('a customer applies for another connection in the own name only, and sees no other application', async () => {
  const own = await post('/v1/applications', wish, w.as('customer'))
  expect(own.status).toBe(201)
  const other = await post('/v1/applications', { ...wish, applicant }, w.as('csa'))
  expect((await post('/v1/applications', { ...wish, applicant }, w.as('customer'))).body).toMatchObject({ code: 'INVALID_INPUT' })
  const listed = await get('/v1/applications', w.as('customer'))
  expect(listed).toMatchObject({ status: 200 })
  expect((listed.body.items as { applicationId: string }[]).map(({ applicationId }) => applicationId)).toEqual([
    own.body.applicationId,
  ])
  expect((await get(`/v1/applications/${other.body.applicationId}`, w.as('customer'))).status).toBe(404)
  expect((await post(`/v1/applications/${other.body.applicationId}/withdrawal`, {}, w.as('customer'))).status).toBe(404)
})

test('an identity number is kept sealed and shown as its last four', async () => {
  const { body } = await post('/v1/applications', { ...wish, applicant }, w.as('csa'))
  const kyc = { kind: 'voter-id', number: 'ABC1234567', commitmentsGiven: true }
  // Nobody runs the process here, so the decision itself is put off; the proof is there for when it is sent again.
  expect((await post(`/v1/applications/${body.applicationId}/kyc`, kyc, w.as('csa'))).status).toBe(503)
  const row = await w.database.db
    .selectFrom('identityProofs')
    .selectAll()
    .where('recordedBy', '=', 'asha')
    .executeTakeFirstOrThrow()
  expect(row).toMatchObject({ kind: 'voter-id', lastFour: '4567' })
  expect(Buffer.from(row.sealed).includes(Buffer.from('1234567'))).toBe(false)
  const page = await get(`/v1/applications/${body.applicationId}`, w.as('csa'))
  expect(page.body.applicant.identity).toEqual([{ kind: 'voter-id', lastFour: '4567' }])
  expect(JSON.stringify(page.body)).not.toContain('ABC123')
})

test.each([
  ['a full Aadhaar number', 'kyc', { kind: 'aadhaar', number: '1234 5678 9012', commitmentsGiven: true }, 'INVALID_INPUT'],
  [
    'details without our commitments on paper',
    'kyc',
    { kind: 'voter-id', number: 'ABC1234567', commitmentsGiven: false },
    'INVALID_INPUT',
  ],
  ['a package that is not on offer', 'package', { code: 'B9.9', pole: '011' }, 'PACKAGE_UNKNOWN'],
  ['a meter that does not fit', 'package', { code: 'B1.3', pole: '011', meterKind: 'conventional' }, 'PACKAGE_METER_UNFIT'],
  ['a pole that is not there', 'package', { code: 'B1.1', pole: '999' }, 'NOT_FOUND'],
  ['a full pole', 'package', { code: 'B1.1', pole: '030' }, 'POLE_FULL'],
  ['a deposit in four parts', 'package', { code: 'B1.1', pole: '011', depositParts: 4 }, 'INVALID_INPUT'],
  ['an agent who is none', 'assignment', { to: 'binod' }, 'INVALID_INPUT'],
])('%s is refused before anybody decides', async (_why, path, body, code) => {
  await w.database.db
    .updateTable('poles')
    .set({ highestConnection: 99 })
    .where('plant', '=', PLANT)
    .where('pole', '=', '030')
    .execute()
  const { applicationId } = (await post('/v1/applications', { ...wish, applicant }, w.as('csa'))).body
  const refused = await post(`/v1/applications/${applicationId}/${path}`, body, w.as('cluster-in-charge'))
  expect(refused.body).toMatchObject({ code })
})

test('the deposit is given up by the state in-charge and above only', async () => {
  const { applicationId } = (await post('/v1/applications', { ...wish, applicant }, w.as('csa'))).body
  expect((await post(`/v1/applications/${applicationId}/deposit-waiver`, {}, w.as('cluster-in-charge'))).status).toBe(403)
  expect((await post(`/v1/applications/${applicationId}/deposit-waiver`, {}, w.as('state-in-charge'))).status).toBe(503)
})

test('new meters come into the stock once, and show where they have been', async () => {
  const received = await post(
    `/v1/plants/${PLANT}/meters`,
    { kind: 'smart', serials: ['SM660001', 'SM660002'] },
    w.as('cluster-in-charge'),
  )
  expect(received).toEqual({ status: 201, body: { received: 2 } })
  expect(
    (await post(`/v1/plants/${PLANT}/meters`, { kind: 'smart', serials: ['SM660001'] }, w.as('cluster-in-charge'))).body,
  ).toMatchObject({ code: 'ALREADY_EXISTS' })
  expect((await get(`/v1/plants/${PLANT}/meters?state=free&kind=smart&limit=1`, w.as('technician'))).body).toMatchObject({
    items: [{ serial: 'SM660001', state: 'free' }],
  })
  expect((await get(`/v1/plants/${PLANT}/meters/SM660001/moves`, w.as('operator'))).body.items).toMatchObject([
    { fromState: null, toState: 'free', source: 'staff:deepa' },
  ])
  expect((await get(`/v1/plants/${PLANT}/meters`, w.asStranger('operator'))).status).toBe(404)
})
