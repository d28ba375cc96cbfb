import type { ActorRef, SpawnOptions } from 'troupe'
import { RingNode, type RingProtocol } from '../actors/ring-node.actor.ts'
import type { Tally } from './bench-case.ts'
import type { BenchSystem } from './with-system.ts'

/** So many actors, each knowing the next one. */
export function makeRing(
  { system, gate }: BenchSystem,
  actors: number,
  options?: SpawnOptions,
): ActorRef<RingProtocol>[] {
  const ring = Array.from({ length: actors }, () => system.spawn(RingNode, [gate], options))
  for (const [index, node] of ring.entries()) node.tell.link(ring[(index + 1) % actors] as ActorRef<RingProtocol>)
  return ring
}

/** Sends a token round until it has made `hops`, then takes the sums; `retire` ends the ring with that. */
export async function goRound(
  bench: BenchSystem,
  ring: readonly ActorRef<RingProtocol>[],
  hops: number,
  end: 'collect' | 'retire' = 'collect',
): Promise<Tally> {
  const first = ring[0] as ActorRef<RingProtocol>
  first.tell.token(hops)
  await bench.reported()
  first.tell[end](ring.length, 0, 0)
  return bench.reported()
}
