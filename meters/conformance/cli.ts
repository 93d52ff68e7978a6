// `npm run meter-conformance -- --help`: examines one real meter against the contract.
import { HELP, askedOf } from './arguments.ts'
import type { Asked } from './arguments.ts'
import { NoMeter, examine } from './examination.ts'
import { lineText, summaryText } from './table.ts'
import { Interrupted, UnreachableBroker, openWire } from './wire.ts'

const FOUND_FAULTS = 1
const NOTHING_TO_EXAMINE = 2
const ENDED_BY_HAND = 130

/** Examines as asked, tells of it, and resolves with the exit code. */
async function run(asked: Asked): Promise<number> {
  const { broker, serial, json, reconnect, waitMs, listenMs } = asked
  const tell = json ? console.error : console.log
  const wire = await openWire({ ...asked, url: broker })
  const interrupt = (): void => {
    console.error('Ending; the meter is put back as it was.')
    wire.interrupt()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt)
  try {
    let plant = ''
    const lines = await examine({
      wire,
      serial,
      waitMs,
      listenMs,
      onMeter: (meter) => {
        plant = meter.plant
        tell(
          `Meter ${serial} of ${plant}: firmware ${meter.firmware ?? 'not told'}, version ${meter.version ?? 'not told'} in force`,
        )
      },
      onLine: (line) => tell(lineText(line)),
      ...(reconnect
        ? { askForReconnection: () => console.error('Cut the power of the meter now, and give it back after a minute.') }
        : {}),
    })
    tell(summaryText(lines))
    if (json) console.log(JSON.stringify({ serial, plant, lines }))
    return lines.some(({ result }) => result === 'failed') ? FOUND_FAULTS : 0
  } finally {
    await wire.close()
  }
}

async function main(): Promise<number> {
  try {
    const asked = askedOf(process.argv.slice(2))
    if (asked !== null) return await run(asked)
    console.log(HELP)
    return 0
  } catch (error) {
    if (error instanceof Interrupted) return ENDED_BY_HAND
    if (!isExpected(error)) throw error
    console.error(error.message)
    return NOTHING_TO_EXAMINE
  }
}

/** What reads as a sentence: a wrong argument, no broker, no meter. */
function isExpected(error: unknown): error is Error {
  if (error instanceof NoMeter || error instanceof UnreachableBroker || error instanceof RangeError) return true
  if (!(error instanceof Error)) return false
  return error.constructor === Error || ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
}

process.exitCode = await main()
