import { rmSync } from 'node:fs'
import { withClient } from '../../dev/stack/postgres.mjs'
import { ownServer } from './own-server.mjs'

export default async function tearDown() {
  if (ownServer.stop && ownServer.dir) {
    await ownServer.stop()
    rmSync(ownServer.dir, { recursive: true, force: true })
    return
  }
  // Somebody else's server: leave nothing of this run on it.
  await withClient(process.env.DIYA_TEST_SERVER ?? '', async (client) => {
    const { rows } = await client.query('select datname from pg_database where datname like $1', [
      `diya\\_test\\_${process.env.DIYA_TEST_RUN}\\_%`,
    ])
    for (const { datname } of rows) await client.query(`drop database "${datname}" with (force)`)
  })
}
