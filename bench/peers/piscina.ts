import { Piscina } from 'piscina'
import type { Work } from '../harness/bench-case.ts'
import { latenciesOf } from '../harness/measure.ts'
import { siblingModule } from '../harness/package-root.ts'
import { type AskSize, askAll } from './ask-all.ts'
import type { CallTask } from './piscina.worker.ts'

/** One worker thread, as many tasks on it as are under way: the most that a pool gives for questions to one thread. */
function makePool(concurrentTasksPerWorker: number): Piscina<CallTask, number> {
  const filename = siblingModule('piscina.worker', import.meta.url)
  const pool = new Piscina<CallTask, number>({ filename, minThreads: 1, maxThreads: 1, concurrentTasksPerWorker })
  pool.on('error', () => {}) // the thread that is killed below
  return pool
}

const ask: Work<AskSize> = (size) => {
  const pool = makePool(size.inFlight)
  return askAll(size, (value) => pool.run({ call: 'answer', value }))
}

/** From the exit of the thread until its successor has answered. */
const restart: Work<{ restarts: number }> = ({ restarts }) => {
  const pool = makePool(1)
  return latenciesOf(restarts, async (index) => {
    await pool.run({ call: 'exit', value: 0 }).catch(() => {})
    const answer = await pool.run({ call: 'answer', value: index })
    if (answer !== index) throw new Error(`asked for ${index}, got ${answer}`)
  })
}

export const works = { ask, restart }
