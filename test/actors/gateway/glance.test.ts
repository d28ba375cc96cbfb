import type { ExitReason, System, SystemEvent, SystemInspection } from 'troupe'
import { describe, expect, it } from 'vitest'
import { eventText, readGlance } from '#actors/gateway/glance'

const lost: ExitReason = { kind: 'thread-lost', threadName: 'worker-3', exitCode: 1, occurrence: 1 }

describe('eventText', () => {
  it.each<[SystemEvent, string]>([
    [{ type: 'restarted', path: '/fleet/device-7', reason: lost }, 'restarted below /fleet: thread-lost'],
    [{ type: 'parked', path: '/fleet', reason: lost }, 'parked below /: thread-lost'],
    [{ type: 'thread-lost', thread: 3, reason: lost, lost: 1 }, 'worker-3 lost, and 1 message with it'],
    [{ type: 'thread-lost', thread: 3, reason: lost, lost: 12 }, 'worker-3 lost, and 12 messages with it'],
    [{ type: 'thread-started', thread: 3, incarnation: 2, tookMs: 8.25 }, 'worker-3 taken over in 8.3 ms'],
    [{ type: 'actor-stuck', path: '/a', handler: 'b', forMs: 99.6 }, '/a stuck in b for 100 ms'],
  ])('says %j in one line', (event, text) => {
    expect(eventText(event)).toBe(text)
  })

  it('has one text for what happens to many actors at once', () => {
    const texts = [1, 2, 3].map((n) => eventText({ type: 'restarted', path: `/fleet/device-${n}`, reason: lost }))
    expect(new Set(texts).size).toBe(1)
  })
})

describe('readGlance', () => {
  const thread = { seat: 0, state: 'running', incarnation: 1, actors: 2, queued: 9, runningSlot: -1, isParked: false }
  const actor = { path: '/', state: 'running', thread: 1, queued: 0, handled: 1, restarts: 0 }
  const inspection = {
    threads: [
      { ...thread, name: 'guardian' },
      { ...thread, name: 'main', seat: 1, actors: 3, queued: 0 },
      { ...thread, name: 'worker-2', seat: 2, incarnation: 4, actors: 100, queued: 5 },
    ],
    actors: [
      actor,
      { ...actor, path: '/fleet/device-7', queued: 4 },
      { ...actor, path: '/auditor', queued: 1 },
      { ...actor, path: '/gateway/listener-1/host-0/connection-3', thread: 2 },
    ],
    restarts: 52,
    deadLetters: 17,
  } as unknown as SystemInspection
  const glanceAt = (shown: SystemInspection) => readGlance({ inspect: () => shown } as unknown as System)

  it('sums up the threads that have actors of ours, and says how often each was replaced', () => {
    expect(glanceAt(inspection)).toEqual({
      threads: [
        { name: 'main', state: 'running', actorCount: 3, connectionCount: 0, queuedCount: 0, replacedCount: 0 },
        { name: 'worker-2', state: 'running', actorCount: 100, connectionCount: 1, queuedCount: 5, replacedCount: 3 },
      ],
      actorCount: 103,
      queuedCount: 5,
      deepest: { path: '/fleet/device-7', queuedCount: 4 },
      restartCount: 52,
      deadLetterCount: 17,
    })
  })

  it('names no deepest queue when nothing waits', () => {
    expect(glanceAt({ ...inspection, actors: inspection.actors.slice(0, 1) }).deepest).toBeUndefined()
  })
})
