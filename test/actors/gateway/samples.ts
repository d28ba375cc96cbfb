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
  sentPerSecond: 19_999.6,
  receivedPerSecond: 18_500,
  totals: {
    links: {
      open: 99,
      settling: 2,
      complete: 3,
      prefix: 2,
      unused: 1,
      corrupt: 0,
      incomplete: 0,
      excess: 0,
      unexplained: 0,
    },
    bytes: { sent: 10, received: 10 },
    packets: { sent: { '0x23': 1_000_000 }, received: { '0x23': 999_000 } },
    kills: { device: 1, connection: 0, thread: 1 },
    failures: [],
  },
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
  totals: {
    links: {
      open: 0,
      settling: 0,
      complete: 100,
      prefix: 52,
      unused: 1,
      corrupt: 0,
      incomplete: 0,
      excess: 0,
      unexplained: 0,
    },
    bytes: { sent: 1_100, received: 1_000 },
    packets: { sent: { '0x23': 10, '0x43': 20 }, received: { '0x23': 10, '0x43': 19 } },
    kills: { device: 2, connection: 2, thread: 2 },
    failures: [],
  },
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
