import type { Clock, TimerHandle } from '../base/clock.ts'
import type { SystemEvent } from '../kernel/system-event.ts'
import type { SystemMemory } from '../memory/system-memory.ts'
import { MailboxAges } from './mailbox-ages.ts'
import { StuckHandlers } from './stuck-handlers.ts'

/** Between two looks at the ages of messages, and at handlers as long as none has a limit. Milliseconds. */
const LOOK_MS = 1_000
/** Between two looks at handlers with a limit. Milliseconds. */
const LOOK_MS_MIN = 10
/** No more than this share of the time is spent looking, however many actors there are. */
const SHARE_MAX = 0.003

/**
 * Looks after all actors from a thread that runs no user code: `actor-stuck` for handlers that keep their thread, and the
 * age of what waits. Answers a function that ends it.
 */
export function watchActors(memory: SystemMemory, clock: Clock, onEvent: (event: SystemEvent) => void): () => void {
  const stuck = new StuckHandlers(memory, onEvent)
  const ages = new MailboxAges(memory)
  const lookAtHandlers = (): number => {
    stuck.look(clock.nowMs())
    return Math.min(Math.max(memory.definitions.shortestHandlerMs() / 4, LOOK_MS_MIN), LOOK_MS)
  }
  const lookAtAges = (): number => {
    const startedMs = clock.nowMs()
    ages.look(startedMs)
    return Math.max(LOOK_MS, (clock.nowMs() - startedMs) / SHARE_MAX)
  }
  const ends = [repeat(clock, lookAtHandlers), repeat(clock, lookAtAges)]
  return () => {
    for (const end of ends) end()
  }
}

/** Calls `task` again and again, each time after as many milliseconds as it answered. */
function repeat(clock: Clock, task: () => number): () => void {
  let timer: TimerHandle
  const run = (): void => {
    timer = clock.schedule(task(), run)
  }
  timer = clock.schedule(LOOK_MS, run)
  return () => timer.cancel()
}
