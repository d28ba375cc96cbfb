import { Worker } from 'node:worker_threads'
import { unpack } from 'msgpackr'
import type { Outcome, Tally, Work } from '../harness/bench-case.ts'
import { deferred, rateOf } from '../harness/measure.ts'
import { siblingModule } from '../harness/package-root.ts'
import { type AskSize, askAll } from './ask-all.ts'
import type { FrameMode, FramePost, ValuePost, WorkerRole } from './post-message.worker.ts'

/**
 * Node's own message passing, as one would write it by hand: the other end is `post-message.worker.ts`. Floods have a
 * window of credit: without one they are slower, and the queue has no bound.
 */
export const works = {
  tell: (({ messages }) => flood('numbers', messages)) satisfies Work<{ messages: number }>,
  tellObject: (({ messages }) => flood('objects', messages)) satisfies Work<{ messages: number }>,
  /** The same objects, packed by hand as those do who find structured clone slow. */
  tellPacked: (({ messages }) => flood('packed', messages)) satisfies Work<{ messages: number }>,
  frameCopied: (size: FrameSize) => frames('copied', size),
  frameTransferred: (size: FrameSize) => frames('transferred', size),
  frameReturned: (size: FrameSize) => frames('returned', size),
  ask,
  broadcast: (size: BroadcastSize) => broadcast(size, 'each'),
  broadcastOnce: (size: BroadcastSize) => broadcast(size, 'once'),
}

interface FrameSize {
  readonly [key: string]: number
  readonly frames: number
  readonly bytes: number
  readonly window: number
}

const CREDIT_STEP = 1_000

async function flood(role: 'numbers' | 'objects' | 'packed', messages: number): Promise<Outcome> {
  const worker = await startWorker({ role })
  return rateOf(messages, (count) => {
    const done = deferred<Tally>()
    let counted = 0
    let checksum = 0
    worker.removeAllListeners('message').on('message', (posted: ValuePost | Uint8Array) => {
      const message: ValuePost = posted instanceof Uint8Array ? unpack(posted) : posted
      counted++
      checksum += message.a === undefined ? message.seq : message.a + message.b
      if (counted % CREDIT_STEP === 0) worker.postMessage({ credit: CREDIT_STEP })
      if (counted === count) done.resolve({ counted, checksum })
    })
    worker.postMessage({ start: count, credit: 4 * CREDIT_STEP })
    return done.promise
  })
}

async function frames(mode: FrameMode, { frames, bytes, window }: FrameSize): Promise<Outcome> {
  const worker = await startWorker({ role: 'frames', mode, bytes })
  const step = Math.max(1, window >> 1)
  return rateOf(frames, (count) => {
    const done = deferred<Tally>()
    let counted = 0
    let checksum = 0
    let read: ArrayBuffer[] = []
    worker.removeAllListeners('message').on('message', ({ frame }: FramePost) => {
      checksum += frame.length + (frame[0] ?? 0) + (frame[bytes - 1] ?? 0)
      counted++
      if (mode === 'returned') read.push(frame.buffer)
      if (counted % step === 0) {
        worker.postMessage({ credit: step, buffers: read }, read)
        read = []
      }
      if (counted === count) done.resolve({ counted, checksum })
    })
    worker.postMessage({ start: count, credit: window })
    return done.promise
  })
}

/** Questions carry a number to find the asker by, as every request over a port must. */
async function ask(size: AskSize): Promise<Outcome> {
  const worker = await startWorker({ role: 'answerer' })
  const waiting = new Map<number, (value: number) => void>()
  worker.on('message', ({ id, value }: { id: number; value: number }) => {
    waiting.get(id)?.(value)
    waiting.delete(id)
  })
  let lastId = 0
  const question = (value: number): Promise<number> =>
    new Promise((resolve) => {
      const id = ++lastId
      waiting.set(id, resolve)
      worker.postMessage({ id, value })
    })
  return askAll(size, question)
}

interface BroadcastSize {
  readonly [key: string]: number
  readonly actors: number
  readonly rounds: number
  readonly bytes: number
}

/** A message to each receiver, or one for all of them; a round ends when the worker says that all of them have it. */
async function broadcast({ actors, rounds, bytes }: BroadcastSize, how: 'each' | 'once'): Promise<Outcome> {
  const worker = await startWorker({ role: 'receivers', actors })
  const frame = new Uint8Array(bytes).fill(7)
  const warmUp = Math.ceil(rounds / 5)
  const play = async (count: number): Promise<Tally> => {
    let tally: Tally = { counted: 0, checksum: 0 }
    for (let round = 0; round < count; round++) {
      const done = deferred<Tally>()
      worker.once('message', done.resolve)
      frame[0] = round & 255
      if (how === 'once') worker.postMessage({ frame })
      else for (let receiver = 0; receiver < actors; receiver++) worker.postMessage({ receiver, frame })
      const { counted, checksum } = await done.promise
      tally = { counted: tally.counted + counted, checksum: tally.checksum + checksum }
    }
    return tally
  }
  await play(warmUp)
  const startMs = performance.now()
  const tally = await play(rounds)
  return { ...tally, figures: { rate: (tally.counted / (performance.now() - startMs)) * 1_000 } }
}

async function startWorker(role: WorkerRole): Promise<Worker> {
  const worker = new Worker(new URL(siblingModule('post-message.worker', import.meta.url)), { workerData: role })
  const up = deferred<void>()
  worker.once('error', up.reject)
  worker.once('message', () => up.resolve())
  await up.promise
  return worker
}
