import type { Contender, Peer, Scale, WorkSize } from '../harness/bench-case.ts'
import { siblingModule } from '../harness/package-root.ts'

type Sizes<S extends WorkSize> = Readonly<Record<Scale, S>>
type PeerOf = <S extends WorkSize>(work: string, sizes: Sizes<S>, reach?: number) => Peer<S>

/** Ours: a work that the case file itself exports among its `works`. */
export function ours<S extends WorkSize>(caseUrl: string, sizes: Sizes<S>, work = 'ours'): Contender<S> {
  return { name: 'troupe', program: { kind: 'module', url: caseUrl, work }, sizes }
}

export const nact = jsPeer('nact', 'nact')
/** Runs an idle receiver on the sender's stack: no mailbox hop, so never a rank, only for orientation. */
export const xstate = jsPeer('xstate (synchronous)', 'xstate')
export const comedy = jsPeer('comedy', 'comedy')
export const comlink = jsPeer('comlink', 'comlink')
export const piscina = jsPeer('piscina', 'piscina')
export const msgpackr = jsPeer('msgpackr', 'msgpackr')
export const postMessage = jsPeer('postMessage', 'post-message')
export const lengthPrefixedStream = jsPeer('length-prefixed-stream', 'length-prefixed-stream')
/** No library: what one writes by hand. */
export const concatSubarray = jsPeer('Buffer.concat, subarray', 'concat-subarray')
/** No library: a decoder written by hand that copies. */
export const copyingCync = jsPeer('copying decoder', 'copying-cync')
export const netNaive = jsPeer('node:net, a write each', 'net-naive')
export const netBatched = jsPeer('node:net, 64 KiB batches', 'net-batched')
export const netSharedFrame = jsPeer('node:net, one frame for all', 'net-shared-frame')
export const mosquitto = jsPeer('mosquitto, mqtt.js, QoS 0', 'mosquitto', 'mosquitto')
export const mosquittoQos1 = jsPeer('mosquitto, mqtt.js, QoS 1', 'mosquitto-qos1', 'mosquitto')
export const netStopAndWait = jsPeer('node:net, stop and wait', 'net-stop-and-wait')
export const nats = jsPeer('nats-server, nats.js', 'nats', 'nats-server')
/** One scheduler: one core, as one thread of ours. */
export const erlang = erlangPeer('Erlang, 1 scheduler', 1)
/** Two schedulers bound to a core each, sender on one and receivers on the other. */
export const erlangPinned = erlangPeer('Erlang, 2 pinned schedulers', 2)

/** Another name for a peer that takes part more than once in a case. */
export function named<S extends WorkSize>(name: string, peer: Peer<S>): Peer<S> {
  return { ...peer, name }
}

/** @param needs a command that must be installed */
function jsPeer(name: string, module: string, needs?: string): PeerOf {
  const program = { kind: 'module', url: siblingModule(module, import.meta.url), ...(needs && { needs }) } as const
  return (work, sizes, reach) => ({ name, program: { ...program, work }, sizes, ...reachOf(reach) })
}

function erlangPeer(name: string, schedulers: 1 | 2): PeerOf {
  return (work, sizes, reach) => ({ name, program: { kind: 'erlang', schedulers, work }, sizes, ...reachOf(reach) })
}

function reachOf(reach: number | undefined): { readonly reach?: number } {
  return reach === undefined ? {} : { reach }
}
