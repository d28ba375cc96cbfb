import { systemClock } from '../base/clock.ts'

/** Keeps the process alive until the answered function is called. */
export function keepAlive(): () => void {
  const handle = setInterval(() => {}, 2 ** 30)
  return () => clearInterval(handle)
}

/** npm passes a Ctrl-C on that the terminal has delivered already: so close together, two signals are one. Milliseconds. */
const ONE_SIGNAL_MS = 250

/**
 * SIGINT and SIGTERM call `onFirst`; the second signal ends the process at once, with the exit code that shells use for it.
 * Answers a function that ends this.
 */
export function onSignals(onFirst: () => Promise<void>): () => void {
  let firstMs: number | undefined
  const numbers = { SIGINT: 2, SIGTERM: 15 } as const
  const listener = (signal: NodeJS.Signals): void => {
    process.exitCode = 128 + numbers[signal as keyof typeof numbers]
    if (firstMs !== undefined) {
      if (systemClock.nowMs() - firstMs >= ONE_SIGNAL_MS) process.exit()
      return
    }
    firstMs = systemClock.nowMs()
    onFirst().catch((error) => {
      process.stderr.write(`${String(error)}\n`)
    })
  }
  for (const signal of Object.keys(numbers)) process.on(signal, listener)
  return () => {
    for (const signal of Object.keys(numbers)) process.off(signal, listener)
  }
}
