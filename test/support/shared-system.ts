import { createSystem, type System, type SystemOptions } from 'troupe'
import { afterAll, beforeAll } from 'vitest'

/** One system for all tests of a `describe`: starting threads for each of them would take most of the time. Its account must be exact. */
export function sharedSystem(options: SystemOptions): () => System {
  let system: System | undefined
  beforeAll(async () => {
    system = await createSystem({ signals: false, log: 'silent', spare: false, ...options })
  })
  afterAll(async () => {
    await system?.shutdown()
    const account = await system?.account()
    if (account?.isExact === false) throw new Error(`the account is not exact: ${JSON.stringify(account)}`)
  })
  return () => system as System
}
