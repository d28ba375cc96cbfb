import { type ActorRef, type ActorSystem, createSystem } from 'troupe'
import { describe, expect, it } from 'vitest'
import {
  Attendee,
  Desk,
  type DeskProtocol,
  Home,
  Sibling,
  type SiblingProtocol,
} from '#fixtures/promises/siblings.actor'
import { eventually } from '../../support/eventually.ts'
import { until } from '../../support/until.ts'
import { withSystem } from '../../support/with-system.ts'

const anywhere = { placement: 'any' } as const

/** Stops the parent of two siblings; when the later one is about to stop, lets those go that wait at the desk. */
async function stopHome(
  system: ActorSystem,
  prepare: (
    earlier: ActorRef<SiblingProtocol>,
    later: ActorRef<SiblingProtocol>,
    desk: ActorRef<DeskProtocol>,
  ) => unknown,
): Promise<readonly string[]> {
  const desk = system.spawn(Desk, [])
  const home = system.spawn(Home, [], { name: 'home' })
  const [earlier, later] = await home.ask.siblings(2, anywhere)
  await prepare(earlier!, later!, desk)
  const stopped = system.stop(home)
  await eventually(async () => expect(await desk.ask.held()).toBe(1))
  const stateOf = (ref: ActorRef<never>) => system.inspect().actors.find(({ path }) => path === ref.path)?.state
  await until(() => stateOf(later!) === 'stopping', 'the later sibling stops')
  desk.tell.letGo()
  await stopped
  return desk.ask.noted()
}

describe.each([0, 2])('siblings that are stopped, with %i worker threads', (threads) => {
  it('are there for what one started later still handles', () =>
    withSystem({ threads }, async (system) => {
      const noted = await stopHome(system, async (earlier, later, desk) => {
        later.tell.consult(earlier, desk)
        await eventually(async () => expect(await desk.ask.held()).toBe(1))
      })
      expect(noted).toEqual(['pong'])
    }))

  it('are there for the children of one started later', () =>
    withSystem({ threads }, async (system) => {
      const noted = await stopHome(system, (earlier, later, desk) => later.ask.raise(earlier, desk))
      expect(noted).toEqual(['pong'])
    }))

  it("stop at the same time with stopping 'together': here each waits for all others", () =>
    withSystem({ threads }, async (system) => {
      const desk = system.spawn(Desk, [])
      const home = system.spawn(Home, [], { shutdownMs: Number.POSITIVE_INFINITY })
      const options = { ...anywhere, stopping: 'together', shutdownMs: Number.POSITIVE_INFINITY } as const
      await home.ask.attendees(20, options, desk)
      await system.stop(home)
      expect(await desk.ask.noted()).toEqual(new Array(20).fill('met'))
    }))

  it("with stopping 'together' at the top level end before those that were started earlier", () =>
    withSystem({ threads }, async (system) => {
      const desk = system.spawn(Desk, [])
      const attendees = Array.from({ length: 20 }, () => system.spawn(Attendee, [desk, 20], { stopping: 'together' }))
      await Promise.all(attendees.map((attendee) => attendee.ready()))
      await system.shutdown()
      expect(await system.account()).toMatchObject({ deadLettered: 0, isExact: true })
    }))

  it('may lose their thread meanwhile', () =>
    withSystem({ threads }, async (system) => {
      const home = system.spawn(Home, [], { name: 'home' })
      await home.with({ deadlineMs: 30_000 }).ask.crowd(2_000, anywhere)
      const stopped = system.stop(home)
      await system.killThread(2)
      await stopped
      await until(() => !system.inspect().actors.some(({ path }) => path.startsWith('/home')), 'all are gone')
    }))

  it('are gone within the default deadline of a shutdown, 40,000 idle ones too', async () => {
    const system = await createSystem({ threads, signals: false, log: 'silent', spare: false })
    const others = system.inspect().actors.length
    const siblings = Array.from({ length: 40_000 }, () => system.spawn(Sibling, []))
    await Promise.all(siblings.slice(-10).map((sibling) => sibling.ready()))
    expect(system.inspect().actors.length).toBe(40_000 + others)
    await system.shutdown()
    expect(await system.account()).toMatchObject({ isExact: true })
  })
})
