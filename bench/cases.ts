import { stall } from './broadcast/stall.bench.ts'
import { tcp as broadcastTcp } from './broadcast/tcp.bench.ts'
import { pubsub } from './broker/pubsub.bench.ts'
import { deliDecode, deliEncode } from './codec/deli.bench.ts'
import { memory1000, memory10000 } from './connection/memory.bench.ts'
import { rtt } from './connection/rtt.bench.ts'
import { setup } from './connection/setup.bench.ts'
import { tcp1KiB, tcp1MiB, tcp64KiB, tcp100B } from './connection/tcp.bench.ts'
import { unix, unixThreads } from './connection/unix.bench.ts'
import { cyncDecode } from './cync/decode.bench.ts'
import { scale1000, scale5000, scale10000 } from './fleet/scale.bench.ts'
import { lengthPrefix } from './framing/length-prefix.bench.ts'
import type { BenchCase } from './harness/bench-case.ts'
import { ask } from './kernel/ask.bench.ts'
import { memory } from './kernel/memory.bench.ts'
import { pingPong } from './kernel/ping-pong.bench.ts'
import { spawn } from './kernel/spawn.bench.ts'
import { tell } from './kernel/tell.bench.ts'
import { threadRing } from './kernel/thread-ring.bench.ts'
import { durable } from './reliable/durable.bench.ts'
import { latency } from './reliable/latency.bench.ts'
import { retransmit } from './reliable/retransmit.bench.ts'
import { throughput } from './reliable/throughput.bench.ts'
import { banking } from './savina/banking.bench.ts'
import { big } from './savina/big.bench.ts'
import { bndbuffer } from './savina/bndbuffer.bench.ts'
import { chameneos } from './savina/chameneos.bench.ts'
import { count } from './savina/count.bench.ts'
import { fjcreate } from './savina/fjcreate.bench.ts'
import { fjthrput } from './savina/fjthrput.bench.ts'
import { philosopher } from './savina/philosopher.bench.ts'
import { pingpong } from './savina/pingpong.bench.ts'
import { threadring } from './savina/threadring.bench.ts'
import { ask64InFlight, askSequential } from './threads/ask.bench.ts'
import { broadcast } from './threads/broadcast.bench.ts'
import { frame1KiB, frame1MiB, frame64KiB } from './threads/frame.bench.ts'
import { idle } from './threads/idle.bench.ts'
import { restartActor, restartThread } from './threads/restart.bench.ts'
import { tell as tellAcross } from './threads/tell.bench.ts'
import { tellObject } from './threads/tell-object.bench.ts'

/** Every case, in the order in which they run and are shown. */
export const benchCases: readonly BenchCase[] = [
  tell,
  pingPong,
  ask,
  threadRing,
  spawn,
  memory,
  tellAcross,
  tellObject,
  frame1KiB,
  frame64KiB,
  frame1MiB,
  askSequential,
  ask64InFlight,
  broadcast,
  restartActor,
  restartThread,
  idle,
  deliDecode,
  deliEncode,
  lengthPrefix,
  cyncDecode,
  unix,
  unixThreads,
  tcp100B,
  tcp1KiB,
  tcp64KiB,
  tcp1MiB,
  setup,
  rtt,
  memory1000,
  memory10000,
  broadcastTcp,
  stall,
  pubsub,
  scale1000,
  scale5000,
  scale10000,
  throughput,
  latency,
  retransmit,
  durable,
  pingpong,
  count,
  fjthrput,
  fjcreate,
  threadring,
  chameneos,
  big,
  bndbuffer,
  philosopher,
  banking,
]
