import { type ActorRef, type ActorSystem, router, workPool } from 'troupe'
import { describe, expect, test } from 'vitest'
import { none, Worker, type WorkerProtocol } from '#fixtures/system/worker.actor'
import { eventually } from '../support/eventually.ts'
import { withSystem } from '../support/with-system.ts'

type WorkerRef = ActorRef<WorkerProtocol>
type Workers = readonly WorkerRef[]

const queuedAt = (system: ActorSystem, path: string): number =>
  system.inspect().actors.find((actor) => actor.path === path)?.queued ?? 0

async function workers(system: ActorSystem, count: number, group?: string): Promise<Workers> {
  const refs = Array.from({ length: count }, (_, n) => {
    const placement = { key: String(n) }
    return system.spawn(Worker, group === undefined ? [] : [group], {
      name: `w${n}`,
      placement,
      backoff: { minMs: 1 },
      shutdownMs: 50,
    })
  })
  await Promise.all(refs.map((ref) => ref.ready()))
  return refs
}

/** Dead letters with that reason on all threads. */
function lettersOf(system: ActorSystem, reason: string): number {
  const counts = system.metrics().matchAll(/dead_letters_total\{[^}]*reason="([a-z-]+)"[^}]*\} (\d+)/g)
  return [...counts].reduce((sum, [, its, count]) => (its === reason ? sum + Number(count) : sum), 0)
}

const seenBy = (refs: Workers): Promise<readonly (readonly unknown[])[]> =>
  Promise.all(refs.map((ref) => ref.ask.seen()))

describe.each([0, 2])('with %i worker threads', (threads) => {
  const inSystem = (body: (system: ActorSystem) => Promise<void>) => () => withSystem({ threads }, body)

  test(
    'a round-robin router gives each member its turn, asks included',
    inSystem(async (system) => {
      const members = await workers(system, 3)
      const all = system.spawn(router<WorkerProtocol>(), [members])
      for (let n = 0; n < 9; n++) all.tell.take(n)
      const names = await Promise.all([all.ask.name(), all.ask.name(), all.ask.name()])
      expect(new Set(names)).toEqual(new Set(['/w0', '/w1', '/w2']))
      await eventually(async () => expect((await seenBy(members)).map((seen) => seen.length)).toEqual([3, 3, 3]))
    }),
  )

  test(
    'an error of a member is the answer to who asked; the router goes on',
    inSystem(async (system) => {
      const all = system.spawn(router<WorkerProtocol>(), [await workers(system, 1)])
      await expect(all.ask.work(-1)).rejects.toThrow('job -1')
      expect(await all.ask.name()).toBe('/w0')
    }),
  )

  test(
    'a consistent-hash router sends a key to one member, and only the keys of a lost member elsewhere',
    inSystem(async (system) => {
      const members = await workers(system, 4)
      const all = system.spawn(router<WorkerProtocol>(), [members, { strategy: 'consistent-hash' }])
      const owners = async (): Promise<string[]> =>
        Promise.all(Array.from({ length: 40 }, (_, key) => all.with({ key: `k${key}` }).ask.name()))
      const before = await owners()
      expect(await owners()).toEqual(before)
      expect(new Set(before).size).toBe(4)
      await system.stop(none(members[3] as ActorRef<WorkerProtocol>))
      const after = await eventually(async () => {
        const now = await owners()
        expect(now).not.toContain('/w3')
        return now
      })
      expect(after.filter((owner, n) => owner !== before[n] && before[n] !== '/w3')).toEqual([])
    }),
  )

  test(
    'the key of a plain message is one of its arguments',
    inSystem(async (system) => {
      const members = await workers(system, 4)
      const strategy = 'consistent-hash'
      const byFirst = system.spawn(router<WorkerProtocol>(), [members, { strategy }])
      const bySecond = system.spawn(router<WorkerProtocol>(), [members, { strategy, keyArgument: 1 }])
      for (let n = 0; n < 20; n++) byFirst.tell.take(n % 5, `${n}`)
      for (let n = 0; n < 20; n++) bySecond.tell.take(100 + n, 'the same for all')
      await eventually(async () => expect((await seenBy(members)).flat()).toHaveLength(40))
      const isOfSecond = (item: unknown): boolean => Number(item) >= 100
      for (const seen of await seenBy(members)) {
        const items = seen.filter((item) => !isOfSecond(item))
        for (const item of items) expect(items.filter((other) => other === item)).toHaveLength(4)
        expect([0, 20]).toContain(seen.filter(isOfSecond).length)
      }
    }),
  )

  test(
    'a least-loaded router passes over a member that is stuck',
    inSystem(async (system) => {
      const members = await workers(system, 2)
      const [stuck, other] = members as [ActorRef<WorkerProtocol>, ActorRef<WorkerProtocol>]
      for (let n = 0; n < 50; n++) stuck.tell.work(99)
      const all = system.spawn(router<WorkerProtocol>(), [members, { strategy: 'least-loaded' }])
      for (let n = 0; n < 10; n++) expect(await all.ask.name()).toBe(other.path)
    }),
  )

  test(
    'a broadcasting router tells every member, wherever it lives, in order',
    inSystem(async (system) => {
      const members = await workers(system, 5)
      const all = system.spawn(router<WorkerProtocol>(), [members, { strategy: 'broadcast' }])
      for (let n = 0; n < 100; n++) all.tell.take(n)
      const expected = Array.from({ length: 100 }, (_, n) => n)
      await eventually(async () => expect(await seenBy(members)).toEqual(members.map(() => expected)))
    }),
  )

  test('a broadcast for which the way to a thread has no room is a dead letter', () =>
    withSystem({ threads, ringBytes: 2 ** 14 }, async (system) => {
      const [member] = (await workers(system, 1)) as [ActorRef<WorkerProtocol>]
      const strategy = 'broadcast'
      const all = system.spawn(router<WorkerProtocol>(), [[member], { strategy }], { placement: 'here' })
      await all.ready()
      const sent = 200
      if (threads > 0) member.tell.block(300)
      for (let n = 0; n < sent; n++) expect(all.tell.take('x'.repeat(1_000))).toBe('accepted')
      await eventually(async () => {
        const lost = lettersOf(system, 'mailbox-full')
        expect(lost > 0).toBe(threads > 0)
        expect((await member.ask.seenCount()) + lost).toBe(sent)
      })
    }))

  test(
    'a group tells its members; one that stops, or leaves, is none any more',
    inSystem(async (system) => {
      const members = await workers(system, 3, 'crew')
      const group = system.group<WorkerProtocol>('crew')
      expect(system.group('crew')).toBe(group)
      let n = 0
      const reaches = async (refs: Workers): Promise<void> => {
        const before = n
        await eventually(async () => {
          group.tell.take(++n)
          for (const seen of await seenBy(refs)) expect(Number(seen.at(-1))).toBeGreaterThan(before)
        })
      }
      await reaches(members)
      await (members[0] as ActorRef<WorkerProtocol>).ask.fail().catch(() => {}) // a restart is no end
      await reaches(members)
      const [stays, leaves, stops] = members as [WorkerRef, WorkerRef, WorkerRef]
      await system.stop(none(stops))
      await leaves.ask.leave('crew')
      await eventually(async () => {
        const names = await Promise.all(Array.from({ length: 6 }, () => group.ask.name()))
        expect(new Set(names)).toEqual(new Set([stays.path]))
      })
      await reaches([stays])
    }),
  )

  test(
    'a router follows a group by its name',
    inSystem(async (system) => {
      const all = system.spawn(router<WorkerProtocol>(), ['late', { strategy: 'round-robin' }])
      await expect(all.ask.name()).rejects.toMatchObject({ code: 'no-member' })
      await workers(system, 2, 'late')
      await eventually(async () => {
        const names = await Promise.all([all.ask.name(), all.ask.name()])
        expect(new Set(names)).toEqual(new Set(['/w0', '/w1']))
      })
    }),
  )

  test(
    'a router can be sent, found by name, and refuses streams',
    inSystem(async (system) => {
      const members = await workers(system, 2)
      system.spawn(router<WorkerProtocol>(), [members], { name: 'all' })
      const found = await eventually(async () => {
        const ref = await system.whereis('all')
        expect(ref).toBeDefined()
        return ref as ActorRef<WorkerProtocol>
      })
      expect(await found.ask.name()).toMatch(/^\/w\d$/)
      expect(() => (found.stream as unknown as Record<string, () => void>)['name']?.()).toThrow('passes no streams on')
    }),
  )

  test(
    'a work pool gives each worker one job at a time, and answers with what it made',
    inSystem(async (system) => {
      const members = await workers(system, 3)
      const pool = system.spawn(workPool<WorkerProtocol>(), [members], { shutdownMs: 50 })
      const stuck = pool.with({ deadlineMs: 60_000 }).ask.work(99)
      stuck.catch(() => {})
      // A job that was given to the worker which is stuck would never be done.
      const jobs = Array.from({ length: 30 }, (_, n) => n)
      const paths = await Promise.all(jobs.map((n) => pool.ask.work(n)))
      const free = members.filter(({ path }) => paths.includes(path))
      expect(free).toHaveLength(2)
      for (const worker of free) {
        expect(await worker.ask.done()).toEqual(jobs.filter((n) => paths[n] === worker.path))
      }
      await expect(pool.ask.work(-1)).rejects.toThrow('job -1')
    }),
  )

  test(
    'a job that attemptsMax workers were lost with is given up, though another one is free',
    inSystem(async (system) => {
      const members = await workers(system, 2)
      const pool = system.spawn(workPool<WorkerProtocol>(), [members, { attemptsMax: 1 }], { shutdownMs: 50 })
      const stuck = pool.with({ deadlineMs: 60_000 }).ask.work(99)
      const ended = expect(stuck).rejects.toMatchObject({ code: expect.stringMatching(/actor-gone|restarted|stopped/) })
      const busy = await eventually(() => {
        const found = members.filter(({ path }) => queuedAt(system, path) > 0)
        expect(found).toHaveLength(1)
        return found[0] as WorkerRef
      })
      await system.stop(none(busy))
      await ended
      expect(await pool.ask.work(1)).toBe(members.find((member) => member !== busy)?.path)
    }),
  )

  test(
    'a job whose worker is lost goes to another, and one too many jobs are refused',
    inSystem(async (system) => {
      const [first, second] = (await workers(system, 2)) as [ActorRef<WorkerProtocol>, ActorRef<WorkerProtocol>]
      const pool = system.spawn(workPool<WorkerProtocol>(), [[first, second], { jobsMax: 1, attemptsMax: 2 }])
      const stuck = pool.with({ deadlineMs: 60_000 }).ask.work(99)
      stuck.catch(() => {})
      await eventually(() =>
        expect(system.inspect().actors.filter(({ path, queued }) => path.startsWith('/w') && queued > 0)).toHaveLength(
          1,
        ),
      )
      const [busy, idle] = busyFirst(system, first, second)
      await system.stop(none(busy))
      await eventually(() => expect(busyFirst(system, idle, busy)[0]).toBe(idle))
      await eventually(() => expect(system.inspect().actors.find(({ path }) => path === idle.path)?.queued).toBe(1))
      const waiting = pool.ask.work(1)
      waiting.catch(() => {})
      await expect(pool.ask.work(2)).rejects.toMatchObject({ code: 'mailbox-full' })
      await system.stop(none(idle))
      await expect(stuck).rejects.toMatchObject({
        code: expect.stringMatching(/actor-gone|restarted|stopped|no-member/),
      })
      await expect(waiting).rejects.toMatchObject({ code: expect.stringMatching(/no-member|stopped/) })
    }),
  )
})

function busyFirst<R extends ActorRef<WorkerProtocol>>(system: ActorSystem, one: R, other: R): [R, R] {
  const isBusy = system.inspect().actors.some(({ path, queued }) => path === one.path && queued > 0)
  return isBusy ? [one, other] : [other, one]
}
