import { type Actor, createActor, fromTransition } from 'xstate'
import type { LocalHandler, LocalKit, LocalMessage } from './local-kit.ts'
import { localWorks } from './local-works.ts'

const logicOf = (handler: LocalHandler<Machine>) =>
  fromTransition((state: number, message: LocalMessage, { self }) => {
    void handler(message, self as unknown as Machine)
    return state
  }, 0)

interface Machine extends Actor<ReturnType<typeof logicOf>> {}

/**
 * Actors without a common parent: under one, spawning is quadratic. An idle receiver runs on the sender's stack, so
 * there is no mailbox hop: that is another thing than an actor's message, and every row says so.
 */
const kit: LocalKit<Machine> = {
  spawn: (handler) => createActor(logicOf(handler)).start() as Machine,
  send: (ref, message) => ref.send(message),
  stop: (ref) => void ref.stop(),
}

export const works = localWorks(kit)
