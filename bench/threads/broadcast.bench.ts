import { type ActorRef, router } from 'troupe'
import { Audience, type ReceiverProtocol } from '../actors/receiver.actor.ts'
import { benchCase, type Outcome, sizes, type Tally } from '../harness/bench-case.ts'
import { type BenchSystem, withSystem } from '../harness/with-system.ts'
import { erlangPinned, named, ours, postMessage } from '../peers/contenders.ts'

interface Size {
  readonly [key: string]: number
  readonly actors: number
  readonly rounds: number
  readonly bytes: number
}

const sizeOf = (rounds: number) => sizes<Size>({ actors: 1_000, rounds, bytes: 1_024 }, { rounds: 3 })

/**
 * The main program sends 1 KiB to 1,000 actors of a worker thread; the next round begins when the last one has it. Ours
 * has a broadcasting router for that: one message crosses. The peers have none; what they do with one that is written by
 * hand stands in rows without a target.
 */
export const broadcast = benchCase<Size>({
  name: 'threads/broadcast',
  rows: [{ bench: 'threads/broadcast', figure: 'rate', unit: 'deliveries/s', better: 'more' }],
  ours: ours(import.meta.url, sizeOf(10_000)),
  peers: [
    named('postMessage, each', postMessage('broadcast', sizeOf(400), 20)),
    named('postMessage, one, then plain calls', postMessage('broadcastOnce', sizeOf(10_000))),
    erlangPinned('threads_broadcast', sizeOf(2_000), 4),
    named('Erlang, one, passed on by hand', erlangPinned('threads_broadcast_relayed', sizeOf(2_000))),
  ],
  expected: ({ actors, rounds, bytes }) => {
    let ofOne = 0
    for (let round = 0; round < rounds; round++) ofOne += bytes + (round & 255)
    return { counted: actors * rounds, checksum: actors * ofOne }
  },
})

export const works = {
  ours: (size: Size): Promise<Outcome> => withSystem(1, (bench) => measure(bench, size)),
}

async function measure(bench: BenchSystem, { actors, rounds, bytes }: Size): Promise<Outcome> {
  const audience = bench.system.spawn(Audience, [bench.gate, actors], { placement: 'pinned' })
  const receivers = await audience.ask.receivers()
  const all = await routerTo(bench, receivers)
  const frame = new Uint8Array(bytes).fill(7)
  const play = async (count: number): Promise<void> => {
    for (let round = 0; round < count; round++) {
      frame[0] = round & 255
      all.tell.take(frame)
      await bench.reported()
    }
  }
  await play(Math.ceil(rounds / 5))
  await totals(bench, receivers)
  const startMs = performance.now()
  await play(rounds)
  const elapsedMs = performance.now() - startMs
  const tally = await totals(bench, receivers)
  return { ...tally, figures: { rate: (tally.counted / elapsedMs) * 1_000 } }
}

/** On the main thread, where the messages come from. One crosses for all receivers, whose hand on their thread has it then. */
async function routerTo(
  { system }: BenchSystem,
  receivers: readonly ActorRef<ReceiverProtocol>[],
): Promise<ActorRef<ReceiverProtocol>> {
  const all = system.spawn(router<ReceiverProtocol>(), [receivers, { strategy: 'broadcast' }], { placement: 'here' })
  await all.ready()
  return all
}

function totals({ reported }: BenchSystem, receivers: readonly ActorRef<ReceiverProtocol>[]): Promise<Tally> {
  for (const receiver of receivers) receiver.tell.report()
  return reported(receivers.length)
}
