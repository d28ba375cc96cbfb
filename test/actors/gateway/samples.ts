import { noCommands } from '#actors/gateway/command-totals'
import type { RunFacts } from '#actors/gateway/report'
import type { GatewayView } from '#actors/gateway/view'

/** A moment of a run, with a figure of its own for everything. */
export const view: GatewayView = {
  elapsedMs: 3_725_900,
  threads: [
    { name: 'main', state: 'running', actorCount: 4, connectionCount: 0, queuedCount: 0, replacedCount: 0 },
    { name: 'worker-1', state: 'running', actorCount: 101, connectionCount: 50, queuedCount: 1_200, replacedCount: 0 },
    { name: 'worker-2', state: 'starting', actorCount: 0, connectionCount: 0, queuedCount: 0, replacedCount: 2 },
  ],
  actorCount: 205,
  fleet: { connecting: 3, online: 195, degraded: 1, offline: 0, parked: 1 },
  commands: { ...noCommands, issued: 1_240, done: 1_200, rejected: 7, abandoned: 3 },
  latency: { p50Ms: 85.4, p99Ms: 1_203.6 },
  retransmitCount: 61,
  duplicateCount: 4,
  receivedPerSecond: 18_500,
  donePerSecond: 19.7,
  loss: 0.05,
  queuedCount: 1_200,
  deepest: { path: '/fleet/device-7', queuedCount: 31 },
  restartCount: 52,
  deadLetterCount: 17,
  events: ['00:01 killed device-3', '00:04 killed thread worker-2'],
}

const noDeadLetters: RunFacts['account']['deadLettersByReason'] = {
  'actor-stopped': 0,
  'mailbox-full': 0,
  'dropped-oldest': 0,
  conflated: 0,
  expired: 0,
  cancelled: 0,
  failed: 0,
  quarantined: 0,
  restarted: 0,
  'thread-lost': 0,
  'unknown-handler': 0,
  undecodable: 0,
}

/** The end of a run in which all was well. */
export const facts: RunFacts = {
  elapsedMs: 20_012.3456,
  seed: 5,
  node: 'v20.20.2',
  devices: 100,
  threads: 2,
  fleet: { connecting: 0, online: 100, degraded: 0, offline: 0, parked: 0 },
  commands: { ...noCommands, issued: 400, done: 390, rejected: 6, abandoned: 4 },
  latency: { p50Ms: 85.2, p99Ms: 900.04 },
  retransmits: 20,
  duplicates: 3,
  packetsSent: 500,
  packetsReceived: { 'pipe-reply': 400, ping: 90 },
  kills: { device: 2, connection: 2, thread: 2 },
  restarts: 104,
  troubles: [],
  account: {
    sent: 500,
    handled: 492,
    deadLettered: 5,
    lost: 3,
    queued: 0,
    isExact: true,
    deadLettersByReason: { ...noDeadLetters, failed: 5, 'thread-lost': 3 },
  },
}
