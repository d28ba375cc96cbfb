import type { Outcome, Tally, Work } from '../harness/bench-case.ts'
import { deferred, rateOf, settledMemory } from '../harness/measure.ts'
import type { LocalKit } from './local-kit.ts'

/** The programs of `kernel/` for any library that fits the kit, so that all of them do and count the same. */
export function localWorks<Ref>(kit: LocalKit<Ref>): {
  readonly tell: Work<{ messages: number }>
  readonly pingPong: Work<{ roundTrips: number }>
  readonly threadRing: Work<{ actors: number; hops: number }>
  readonly spawn: Work<{ actors: number }>
  readonly memory: Work<{ actors: number }>
} {
  return {
    tell: ({ messages }) => rateOf(messages, (count) => flood(kit, count)),
    pingPong: ({ roundTrips }) => rateOf(roundTrips, (count) => pingPong(kit, count)),
    threadRing: ({ actors, hops }) => rateOf(hops, (count) => threadRing(kit, actors, count)),
    spawn: ({ actors }) => rateOf(actors, (count) => spawnAll(kit, count)),
    memory: ({ actors }) => memoryOf(kit, actors),
  }
}

/** A producer sends all its messages, then asks the consumer for its count. */
function flood<Ref>(kit: LocalKit<Ref>, count: number): Promise<Tally> {
  const done = deferred<Tally>()
  let counted = 0
  let checksum = 0
  const consumer = kit.spawn((message) => {
    if (message.type === 'add') {
      counted++
      checksum += message.value ?? 0
    } else {
      kit.send(message.from as Ref, { type: 'total' })
    }
  })
  const producer = kit.spawn((message, self) => {
    if (message.type === 'total') return done.resolve({ counted, checksum })
    for (let value = 0; value < count; value++) kit.send(consumer, { type: 'add', value })
    kit.send(consumer, { type: 'retrieve', from: self })
  })
  kit.send(producer, { type: 'go' })
  return stopAfter(kit, done.promise, [producer, consumer])
}

function pingPong<Ref>(kit: LocalKit<Ref>, roundTrips: number): Promise<Tally> {
  const done = deferred<Tally>()
  let counted = 0
  let checksum = 0
  const pong: Ref = kit.spawn((message) => kit.send(ping, { type: 'pong', value: message.value ?? 0 }))
  const ping: Ref = kit.spawn((message) => {
    const value = message.value ?? 0
    if (message.type === 'pong') {
      counted++
      checksum += value
      if (counted === roundTrips) return done.resolve({ counted, checksum })
    }
    kit.send(pong, { type: 'ping', value: counted })
  })
  kit.send(ping, { type: 'go' })
  return stopAfter(kit, done.promise, [ping, pong])
}

/** A token that counts down goes round; the sum of what it said at each hop is the checksum. */
function threadRing<Ref>(kit: LocalKit<Ref>, actors: number, hops: number): Promise<Tally> {
  const done = deferred<Tally>()
  let counted = 0
  let checksum = 0
  const ring: Ref[] = []
  for (let index = 0; index < actors; index++) {
    ring.push(
      kit.spawn((message) => {
        const left = message.value ?? 0
        if (left === 0) return done.resolve({ counted, checksum })
        counted++
        checksum += left
        kit.send(ring[index + 1 === actors ? 0 : index + 1] as Ref, { type: 'token', value: left - 1 })
      }),
    )
  }
  kit.send(ring[0] as Ref, { type: 'token', value: hops })
  return stopAfter(kit, done.promise, ring)
}

/** Spawns all of them, then each gets one message and answers it once. */
function spawnAll<Ref>(kit: LocalKit<Ref>, actors: number): Promise<Tally> {
  const done = deferred<Tally>()
  let counted = 0
  let checksum = 0
  const collector = kit.spawn((message) => {
    counted++
    checksum += message.value ?? 0
    if (counted === actors) done.resolve({ counted, checksum })
  })
  const spawned: Ref[] = []
  for (let index = 0; index < actors; index++) {
    spawned.push(kit.spawn((message) => kit.send(message.from as Ref, { type: 'hello', value: index })))
  }
  for (const ref of spawned) kit.send(ref, { type: 'greet', from: collector })
  return done.promise
}

async function memoryOf<Ref>(kit: LocalKit<Ref>, actors: number): Promise<Outcome> {
  let checksum = 0
  const keep: Ref[] = []
  const populate = (count: number): void => {
    for (let index = 0; index < count; index++) {
      const state = { total: index }
      keep.push(kit.spawn((message) => void (state.total += message.value ?? 0)))
      checksum += index
    }
  }
  populate(1_000)
  checksum = 0
  const before = await settledMemory()
  populate(actors)
  const after = await settledMemory()
  return {
    figures: {
      bytes: (after.heapBytes - before.heapBytes) / actors,
      rss: (after.rssBytes - before.rssBytes) / actors,
    },
    counted: keep.length - 1_000,
    checksum,
  }
}

async function stopAfter<Ref, T>(kit: LocalKit<Ref>, work: Promise<T>, refs: readonly Ref[]): Promise<T> {
  const result = await work
  for (const ref of refs) kit.stop(ref)
  return result
}
