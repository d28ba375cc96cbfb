import { setTimeout as sleep } from 'node:timers/promises'
import { Nurse } from '../actors/fragile.actor.ts'
import { RestartTester } from '../actors/restart-tester.actor.ts'
import { benchCase, type Outcome, sizes } from '../harness/bench-case.ts'
import { latenciesOf, sumBelow } from '../harness/measure.ts'
import { type BenchSystem, withSystem } from '../harness/with-system.ts'
import { comedy, erlang, named, ours, piscina } from '../peers/contenders.ts'

interface Size {
  readonly [key: string]: number
  readonly restarts: number
}

const sizeOf = (restarts: number) => sizes<Size>({ restarts }, { restarts: 3 })
const expected = ({ restarts }: Size) => ({ counted: restarts, checksum: sumBelow(restarts) })

/** An actor fails, is restarted without backoff, and answers; on one worker thread. */
export const restartActor = benchCase<Size>({
  name: 'threads/restart/actor',
  rows: [
    { bench: 'threads/restart/actor/p99', figure: 'p99', unit: 'µs', better: 'less' },
    { bench: 'threads/restart/actor/p50', figure: 'p50', unit: 'µs', better: 'less' },
  ],
  ours: ours(import.meta.url, sizeOf(2_000)),
  peers: [named('Erlang supervisor', erlang('threads_restart', sizeOf(2_000), 1.5))],
  expected,
})

/** A thread ends, its actor comes back on the spare one and answers. Comedy has processes where it restarts. */
export const restartThread = benchCase<Size>({
  name: 'threads/restart/thread',
  rows: [
    { bench: 'threads/restart/thread/p50', figure: 'p50', unit: 'µs', better: 'less' },
    { bench: 'threads/restart/thread/p99', figure: 'p99', unit: 'µs', better: 'less' },
  ],
  ours: ours(import.meta.url, sizeOf(20), 'oursThread'),
  peers: [
    piscina('restart', sizeOf(20), 4),
    named('comedy, forked', comedy('restart', sizes<Size>({ restarts: 5 }, { restarts: 1 }), 4)),
  ],
  expected,
})

/** After a thread was lost, the next spare is started: this long until it stands by. */
const SPARE_READY_MS = 150

export const works = {
  ours: (size: Size): Promise<Outcome> => withSystem(1, (bench) => failAgain(bench, size), 'silent'),
  oursThread: (size: Size): Promise<Outcome> => withSystem(1, (bench) => loseThreads(bench, size), 'silent'),
}

async function failAgain({ system }: BenchSystem, { restarts }: Size): Promise<Outcome> {
  const nurse = system.spawn(Nurse, ['here'], { placement: 'any' })
  const patient = await nurse.ask.patient()
  const tester = system.spawn(RestartTester, [], { placement: { with: nurse } })
  return tester.with({ deadlineMs: 60_000 }).ask.test(patient, restarts)
}

async function loseThreads({ system }: BenchSystem, { restarts }: Size): Promise<Outcome> {
  const nurse = system.spawn(Nurse, ['pinned'], { placement: 'here' })
  const patient = await nurse.ask.patient()
  await patient.ready()
  const restartOnce = async (index: number): Promise<void> => {
    patient.tell.exitThread()
    // A question that the dying thread had read fails at once; the next one may be for its successor.
    while ((await patient.ask.answer(index).catch(() => undefined)) !== index);
  }
  return latenciesOf(restarts, restartOnce, () => sleep(SPARE_READY_MS))
}
