import { UsageError } from 'troupe'
import { listenToKeys } from './keys.ts'
import { type GatewayOptions, parseGatewayOptions, usageText } from './options.ts'
import { runGateway } from './run.ts'
import { makeScreen } from './screen.ts'

const EXIT_UNTRUSTED = 1
const EXIT_USAGE = 2
/** 128 + SIGINT: what a shell expects of a program that a second Ctrl-C forced to end. */
const EXIT_FORCED = 130

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (options === undefined) return EXIT_USAGE
  if (options.help) {
    console.log(usageText)
    return 0
  }
  const screen = makeScreen(options.json, process.stdout)
  let stopKeys = (): void => {}
  try {
    const report = await runGateway(options, screen, interrupted(), (act) => {
      stopKeys = listenToKeys(process.stdin, act, () => process.kill(process.pid, 'SIGINT'))
    })
    screen.end(report)
    return report.ok ? 0 : EXIT_UNTRUSTED
  } finally {
    stopKeys()
  }
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
