import { sql } from 'kysely'
import type { Tx } from '../../client.ts'
import { find, type Look, type RuleResult } from './finding.ts'

/** Meters against holds and packages: what is wanted is right, and nobody without a hold stays dark (`darkBefore`: since before then). */
export async function proveSupply(tx: Tx, look: Look, { darkBefore }: { darkBefore: string }): Promise<RuleResult[]> {
  return [
    await find(tx, 'relay-against-holds', relays(look)),
    await find(tx, 'dark-without-reason', dark(look, darkBefore)),
    await find(tx, 'meter-package', packages(look)),
  ]
}

/** Connections with their meter, the newest state wanted of it, what it reports, and how many holds are open. */
function meters({ plant }: Look) {
  return sql`(
    select c.customer_id, c.plant, c.supply_package_code, c.supply_package_version, i.serial, d.version, d.relay, d.load_limit_w,
      d.active_from, d.active_to, d.business_at, coalesce(r.relay_mode, r.relay) as reported, r.reported_at,
      (select count(*) from holds h where h.customer_id = c.customer_id and h.lifted_at is null) as holds
    from connections c
    join meter_installations i on i.customer_id = c.customer_id and i.removed_at is null
    join lateral (select * from meter_desired w where w.serial = i.serial order by w.version desc limit 1) d on true
    left join meter_reported r on r.serial = i.serial
    where c.plant = ${plant}) m`
}

function relays(look: Look) {
  return sql`
    select customer_id as subject, jsonb_build_object('serial', serial, 'version', version, 'relay', relay, 'holds', holds) as detail
    from ${meters(look)} where (relay = 'auto') <> (holds = 0)`
}

function dark(look: Look, darkBefore: string) {
  return sql`
    select customer_id as subject, jsonb_build_object('serial', serial, 'version', version, 'wantedSince', business_at) as detail
    from ${meters(look)} where holds = 0 and relay = 'auto' and reported = 'open' and business_at < ${darkBefore}`
}

function packages(look: Look) {
  return sql`
    select m.customer_id as subject, jsonb_build_object('serial', m.serial, 'version', m.version, 'package', k.code || ' v' || k.version,
      'loadLimitW', m.load_limit_w, 'packageLimitW', k.load_limit_w) as detail
    from ${meters(look)} join packages k on k.plant = m.plant and k.code = m.supply_package_code and k.version = m.supply_package_version
    where (m.load_limit_w, m.active_from, m.active_to) is distinct from (k.load_limit_w, k.active_from, k.active_to)`
}
