import { type ActorSystem, createSystem, type SystemOptions } from 'troupe'

/** Runs `body` with a system without a log and signal handlers, which is shut down afterwards; its account must be exact. */
export async function withSystem(options: SystemOptions, body: (system: ActorSystem) => Promise<void>): Promise<void> {
  const system = await createSystem({ signals: false, log: 'silent', spare: false, ...options })
  try {
    await body(system)
  } finally {
    await system.shutdown()
  }
  const account = await system.account()
  if (!account.isExact) throw new Error(`the account is not exact: ${JSON.stringify(account)}`)
}
