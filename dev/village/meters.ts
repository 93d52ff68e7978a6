// The simulated meters of the village: MQTT to the gateway, the clock and the shelf over the API, never the database.
import path from 'node:path'
import pino from 'pino'
import { createFleet, type Fleet, type MeterSpec } from '../../meters/simulator/fleet.ts'
import type { FaultPlan } from '../../meters/simulator/faults.ts'
import { fileMemoryStore } from '../../meters/simulator/memory-store.ts'
import type { LoadProfiles } from '../../meters/simulator/profile.ts'
import { utcOffsetMin } from '../../domain/calendar.ts'
import { followClock } from './business-clock.ts'
import { AWAY, CAST } from './cast.ts'
import { dataFolder, type House, readUsers, readVillage, type VillageFile } from './files.ts'
import { houseOfNewcomer } from './households.ts'
import { villageProfiles } from './village-files.ts'
import { type Caller, createCaller } from './people/caller.ts'

const LOOK_EVERY_MS = 1_000
const SHELF_EVERY_LOOKS = 5
const log = pino({ name: 'village-meters', level: process.env.LOG_LEVEL ?? 'info' })

/** A technician's log-in tells where the meters of the stock hang. */
const READER = 'jyoti'

/** Faults by chance, rare enough that most of the village is quiet on any day. */
const CHANCES = { repeats: 0.02, lies: 0.002, forgets: 0.001, slow: 0.02, shuffles: 0.01 } as const

async function main(): Promise<void> {
  const village = readVillage()
  const user = readUsers().users.find(({ login }) => login === READER)
  if (user === undefined) throw new Error(`no log-in of ${READER}: the village is not loaded`)
  const caller = createCaller(process.env.API_URL ?? 'http://127.0.0.1:3000', user)
  const clock = await followClock(caller, village.plant)
  const profiles = villageProfiles()
  const fleet = await createFleet({
    url: process.env.MQTT_URL ?? 'mqtt://127.0.0.1:1883',
    plant: village.plant,
    zone: village.zone,
    startsAt: village.startsAt,
    meters: metersOf(village, profiles),
    clock: { nowBusiness: clock.now },
    store: fileMemoryStore(path.join(dataFolder(), 'meters.json')),
    faults: faultPlan(village),
    log,
    ...credentials(),
  })
  process.send?.('ready')
  const stop = followVillage({ caller, village, profiles, fleet }, clock.look)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      stop()
      void fleet.close().then(() => process.exit(0))
    })
}

interface Shelf {
  readonly caller: Caller
  readonly village: VillageFile
  readonly profiles: LoadProfiles
  readonly fleet: Fleet
}

/** Follows the clock, and the meters of the stock as they are hung up and taken down. */
function followVillage(shelf: Shelf, look: () => Promise<void>): () => void {
  const hanging = new Map<string, string>()
  let looks = 0
  let isBusy = false
  const beat = async (): Promise<void> => {
    if (isBusy) return
    isBusy = true
    await look()
    if (looks % SHELF_EVERY_LOOKS === 0) await lookAtShelf(shelf, hanging)
    looks += 1
    isBusy = false
  }
  const timer = setInterval(() => {
    beat().catch((error: unknown) => {
      isBusy = false
      log.warn({ err: error }, 'could not look at the village')
    })
  }, LOOK_EVERY_MS)
  return () => clearInterval(timer)
}

/** A meter that was hung up lives its house from now on; one that came back has nothing to count. */
async function lookAtShelf({ caller, village, profiles, fleet }: Shelf, hanging: Map<string, string>): Promise<void> {
  const meters = await caller.list<{ serial: string; state: string; accountId: string | null }>(
    `/v1/plants/${village.plant}/meters?kind=smart`,
  )
  const known = new Map(village.houses.map(({ serial, customerId }) => [serial, customerId]))
  for (const { serial, state, accountId } of meters) {
    const house = (state === 'installed' || state === 'to-be-removed') && accountId !== null ? accountId : ''
    const before = hanging.get(serial)
    if (before === house) continue
    hanging.set(serial, house)
    // At the first look a meter of the import hangs where the file says.
    if (before === undefined && (house === '' || known.has(serial))) continue
    const { profile, scale } = houseOfNewcomer(house, profiles.names)
    fleet.setDemand(serial, house === '' ? () => 0 : profiles.demand(profile, scale))
    log.info({ serial, accountId: house }, house === '' ? 'meter came down' : 'meter was hung up')
  }
}

function metersOf({ houses, smartStock, startsAt, zone }: VillageFile, profiles: LoadProfiles): MeterSpec[] {
  const offsetMin = utcOffsetMin(startsAt, zone)
  const hanging = houses.filter(({ kind }) => kind === 'smart').map((house) => hangingMeter(house, { profiles, offsetMin }))
  return [...hanging, ...smartStock.map((serial) => ({ serial, startWh: 0 }))]
}

/** Before the first command a meter carries what it was set to when it was hung up. */
function hangingMeter(house: House, { profiles, offsetMin }: { profiles: LoadProfiles; offsetMin: number }): MeterSpec {
  const { serial, startWh, profile, scale, loadLimitW, activeFrom, activeTo } = house
  return {
    serial,
    startWh,
    demandWh: profiles.demand(profile, scale),
    factory: {
      load_limit_w: loadLimitW,
      active_from: activeFrom,
      active_to: activeTo,
      utc_offset_min: offsetMin,
      relay: 'auto',
    },
  }
}

/** One meter is away on given days; those with a part of their own are honest otherwise, or their stories would fail. */
function faultPlan({ houses }: VillageFile): FaultPlan {
  const honest = { silent: [], repeats: false, lies: false, shuffles: false }
  const cast = new Set<string>(Object.values(CAST))
  const meters = houses
    .filter(({ customerId }) => cast.has(customerId))
    .map(({ serial, customerId }) => [serial, customerId === CAST.meterIsAway ? { ...honest, silent: [AWAY] } : honest])
  return { seed: 1, chancePerDay: CHANCES, meters: Object.fromEntries(meters) as FaultPlan['meters'] & object }
}

function credentials(): { credentials?: (serial: string) => { username: string; password: string } } {
  const password = process.env.METER_PASSWORD
  return password === undefined ? {} : { credentials: (serial) => ({ username: serial, password }) }
}

await main()
