// Temporal's time-skipping test server, for tests that live through months. The SDK downloads it where it can be reached;
// elsewhere Maven brings the same server as jars, run by Java behind a small script the SDK takes for the real thing.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { cacheDir, checkoutDir, shortHash } from './cache.mjs'

const version = '1.38.0'
const pom = path.join(checkoutDir, 'dev', 'time-skipping', 'pom.xml')
const copyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

/**
 * What `TestWorkflowEnvironment.createTimeSkipping({ server: { executable } })` should run.
 * Cached jars first (no network at all), then Maven, then the SDK's download.
 * @returns {import('@temporalio/testing').TimeSkippingTestWorkflowEnvironmentOptions['server']}
 */
export function timeSkippingServer() {
  const home = cacheDir(`temporal-test-server-${version}`, shortHash(readFileSync(pom, 'utf8')))
  const jars = path.join(home, 'lib')
  if (!existsSync(jars) && !copyJars(jars)) return {} // The SDK then downloads its own.
  return { executable: { type: 'existing-path', path: writeLauncher(home, jars) } }
}

/**
 * @param {string} jars
 * @returns {boolean}
 */
function copyJars(jars) {
  if (!onPath('mvn') || !onPath('java')) return false
  const half = `${jars}.${process.pid}`
  mkdirSync(half, { recursive: true })
  const result = spawnSync('mvn', ['-q', '-B', '-f', pom, copyGoal, `-DoutputDirectory=${half}`, '-DincludeScope=runtime'], {
    encoding: 'utf8',
  })
  if (result.status === 0 && !existsSync(jars)) renameSync(half, jars)
  rmSync(half, { recursive: true, force: true })
  if (result.status !== 0)
    console.error(`The time-skipping server did not come from Maven: ${result.stdout.trim().split('\n')[0]}`)
  return existsSync(jars)
}

/**
 * `exec` makes the script become Java, so that the SDK's kill reaches it; the watcher beside it ends Java when the tests are
 * killed before they could.
 * @param {string} home
 * @param {string} jars
 * @returns {string}
 */
function writeLauncher(home, jars) {
  const script = `#!/bin/sh
tests=$PPID
self=$$
(while kill -0 "$tests" && kill -0 "$self"; do sleep 1; done; kill "$self") >/dev/null 2>&1 </dev/null &
exec java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '${jars}/*' io.temporal.testserver.TestServer "$@"
`
  const file = path.join(home, `launch-${shortHash(script)}.sh`)
  if (!existsSync(file)) {
    writeFileSync(`${file}.${process.pid}`, script, { mode: 0o755 })
    renameSync(`${file}.${process.pid}`, file)
  }
  return file
}

/** @param {string} command */
function onPath(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
}
