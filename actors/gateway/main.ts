import { UsageError } from 'troupe'
import { listenToKeys } from './keys.ts'
import { type GatewayOptions, parseGatewayOptions, usageText } from './options.ts'
import { runGateway } from './run.ts'
import { makeScreen } from './screen.ts'
import { TolerantOutput } from './tolerant-output.ts'

const EXIT_UNTRUSTED = 1
const EXIT_USAGE = 2
/** 128 + SIGINT: what a shell expects of a program that a second Ctrl-C forced to end. */
const EXIT_FORCED = 130

// `2>&1 | head`: that nobody reads what is logged is no reason to fail.
process.stderr.on('error', () => {})
process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (options === undefined) return EXIT_USAGE
  if (options.help) {
    console.log(usageText)
    return 0
  }
  const output = new TolerantOutput(process.stdout, endNow)
  const screen = makeScreen(options.json, output)
  let stopKeys = (): void => {}
  try {
    const report = await runGateway(options, screen, interrupted(), (act) => {
      stopKeys = listenToKeys(process.stdin, act, () => process.kill(process.pid, 'SIGINT'))
    })
    screen.end(report)
    await output.flush()
    return report.ok ? 0 : EXIT_UNTRUSTED
  } catch (error) {
    console.error(`the run has failed: ${(error as Error).message}`)
    return EXIT_UNTRUSTED
  } finally {
    stopKeys()
  }
}

/** Nobody can read an account any more: there is no sense in drawing one. */
function endNow(failure: Error | undefined): void {
  if (failure !== undefined) console.error(`cannot write to standard output: ${failure.message}`)
  process.exit(failure === undefined ? 0 : EXIT_UNTRUSTED)
}

function readOptions(args: readonly string[]): GatewayOptions | undefined {
  try {
    return parseGatewayOptions(args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.name}: ${error.message}`)
    return undefined
  }
}

/** Resolves at the first Ctrl-C (or SIGTERM); the second one ends the process at once. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    let count = 0
    const onSignal = () => {
      count++
      if (count > 1) process.exit(EXIT_FORCED)
      resolve()
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}
