import { type ActorSystem, createSystem, type SystemEvent, type SystemOptions } from 'troupe'

/**
 * Runs `body` with a system without a log and signal handlers, which is shut down afterwards; its account must be exact.
 * What the system told is printed if `body` fails: threads that were lost, actors that were started again.
 */
export async function withSystem(options: SystemOptions, body: (system: ActorSystem) => Promise<void>): Promise<void> {
  const system = await createSystem({ signals: false, log: 'silent', spare: false, ...options })
  const told: SystemEvent[] = []
  system.events.on('all', (event) => told.push(event))
  try {
    await body(system)
  } catch (error) {
    if (told.length > 0) console.error('the system told:', told)
    throw error
  } finally {
    await system.shutdown()
  }
  const account = await system.account()
  if (!account.isExact) throw new Error(`the account is not exact: ${JSON.stringify(account)}`)
}
