import { setImmediate as nextTurn } from 'node:timers/promises'
import { type ActorRef, createSystem } from 'comedy'
import type { Outcome, Work } from '../harness/bench-case.ts'
import { latenciesOf } from '../harness/measure.ts'
import { type AskSize, askAll } from './ask-all.ts'

/** Sent to the other thread or process as source text: it can refer to nothing outside of itself. */
class Answerer {
  answer(value: number): number {
    return value
  }

  exit(): void {
    process.exit(1)
  }
}

async function spawnAnswerer(mode: 'in-memory' | 'threaded' | 'forked'): Promise<ActorRef> {
  const system = createSystem({ loggerConfig: { categories: { Default: 'Silent' } } })
  const root = await system.rootActor()
  return root.createChild(Answerer, { mode, onCrash: 'respawn' })
}

async function askIn(mode: 'in-memory' | 'threaded', size: AskSize): Promise<Outcome> {
  const actor = await spawnAnswerer(mode)
  return askAll(size, (value) => actor.sendAndReceive('answer', value) as Promise<number>)
}

/** From the message that ends its process until the next one has answered. (`threaded` never comes back.) */
const restart: Work<{ restarts: number }> = async ({ restarts }) => {
  const actor = await spawnAnswerer('forked')
  return latenciesOf(restarts, async (index) => {
    actor.send('exit').catch(() => {})
    while (actor.getState() === 'ready') await nextTurn()
    for (;;) {
      const answer = await actor.sendAndReceive('answer', index).catch(nextTurn)
      if (answer === index) return
    }
  })
}

export const works = {
  ask: (size: AskSize) => askIn('in-memory', size),
  askThreaded: (size: AskSize) => askIn('threaded', size),
  restart,
}
