import { type ActorRef, defineActor, SeededRandom, type SendResult, type SpawnOptions } from 'troupe'
import { describe, expect, it } from 'vitest'
import { ModelActor, type ModelOptions } from './support/model-actor.ts'
import { startSystem, type TestBed } from './support/start-system.ts'

/**
 * Random messages, asks, failures, restarts, parkings and stops, on actors of every kind, against a model that is a list.
 * Whatever the kernel says and does has to be what the model says; every account has to be exact at every rest.
 */
const Subject = defineActor({
  name: 'Subject',
  module: import.meta.url,
  start: (_self, seen: string[]) => ({ seen, isStashing: false, release: undefined as (() => void) | undefined }),
  concurrency: 1,
  on: {
    note(self, text: string) {
      if (self.state.isStashing) return self.stash()
      self.state.seen.push(text)
      return text
    },
    fail(self, text: string): void {
      if (self.state.isStashing) return self.stash()
      throw new Error(text)
    },
    stashing: (self) => void (self.state.isStashing = true),
    unstash(self) {
      self.state.isStashing = false
      self.unstash()
    },
    hold: (_self, released: Promise<void>) => released,
    end: (self) => self.stop(),
  },
})

const kinds: readonly { readonly spawn: SpawnOptions; readonly model: ModelOptions }[] = [
  { spawn: {}, model: {} },
  { spawn: { mailbox: { messagesMax: 5 } }, model: { messagesMax: 5 } },
  { spawn: { onFailure: { message: 'retry', retriesMax: 2 } }, model: { message: 'retry', retriesMax: 2 } },
  {
    spawn: { onFailure: { message: 'quarantine', mailbox: 'drop' } },
    model: { message: 'quarantine', mailbox: 'drop' },
  },
  { spawn: { onFailure: { mailbox: 'dead-letter' } }, model: { mailbox: 'dead-letter' } },
  {
    spawn: { mailbox: { messagesMax: 4, overflow: 'drop-oldest' } },
    model: { messagesMax: 4, overflow: 'drop-oldest' },
  },
  {
    spawn: { mailbox: { messagesMax: 4, overflow: 'drop-newest' } },
    model: { messagesMax: 4, overflow: 'drop-newest' },
  },
  {
    spawn: { backoff: { minMs: 10, maxMs: 10, jitter: 0, restartsMax: 2, resetAfterMs: Number.POSITIVE_INFINITY } },
    model: { restartsMax: 2 },
  },
  { spawn: { restart: 'temporary' }, model: { isTemporary: true } },
  { spawn: { restart: 'transient' }, model: { isTransient: true } },
]

const OPERATIONS = 250
const SEEDS = Array.from({ length: 12 }, (_, n) => n + 1)
const oneMore = Number(process.env['TROUPE_SEED'] ?? Math.floor(Math.random() * 2 ** 32))

describe('the kernel does what a list would do', () => {
  it.each([...SEEDS, oneMore])('with seed %d', async (seed) => {
    const bed = await startSystem({ supervise: { restartsMax: 10_000 }, deadLettersKept: 0 })
    const random = new SeededRandom(seed)
    const subjects = kinds.map((kind, index) => new Pair(bed, kind, `s${index}`))
    await bed.settle()
    for (let step = 0; step < OPERATIONS; step++) {
      const subject = subjects[random.below(subjects.length)] as Pair
      const where = `seed ${seed}, step ${step}, ${subject.name}`
      for (let burst = random.below(6); burst >= 0; burst--) subject.act(random, where)
      if (random.below(3) === 0) await rest(bed, subjects, where)
    }
    for (const subject of subjects) subject.release()
    await rest(bed, subjects, `seed ${seed}, at the end`)
  })
})

/** Everybody comes to rest, and is compared. */
async function rest(bed: TestBed, subjects: readonly Pair[], where: string): Promise<void> {
  await bed.advance(100) // more than all backoffs until it parks
  for (const subject of subjects) subject.model.settle()
  for (const subject of subjects) {
    expect(subject.seen, `${where}: what ${subject.name} has handled`).toEqual(subject.model.seen)
    await subject.compareAnswers(where)
  }
  const account = await bed.account()
  const queued = subjects.reduce((sum, { model }) => sum + model.queuedCount, 0)
  expect(account.queued, `${where}: queued`).toBe(queued)
  const expected: Record<string, number> = {}
  for (const { model } of subjects) {
    for (const [reason, count] of model.deadLetters) expected[reason] = (expected[reason] ?? 0) + count
  }
  const found = Object.entries(account.deadLettersByReason).filter(([, count]) => count > 0)
  expect(Object.fromEntries(found), `${where}: dead letters`).toEqual(expected)
  for (const subject of subjects) await subject.unparkIfAskedTo()
  await bed.advance(100)
  for (const subject of subjects) subject.model.settle()
}

type SubjectRef = ActorRef<{
  note(text: string): string | void
  fail(text: string): void
  stashing(): void
  unstash(): void
  hold(released: Promise<void>): void
  end(): void
}>

/** An actor and its model, to which the same is done. */
class Pair {
  readonly name: string
  readonly seen: string[] = []
  readonly model: ModelActor
  readonly #bed: TestBed
  readonly #ref: SubjectRef
  readonly #answers: { readonly found: Promise<string>; readonly expected: { outcome: string | undefined } }[] = []
  #release: (() => void) | undefined
  #isToBeUnparked = false
  #count = 0

  constructor(bed: TestBed, kind: (typeof kinds)[number], name: string) {
    this.name = name
    this.#bed = bed
    this.#ref = bed.system.spawn(Subject, [this.seen], { name, ...kind.spawn }) as SubjectRef
    this.model = new ModelActor(kind.model)
  }

  act(random: SeededRandom, where: string): void {
    const text = `${this.name}-${this.#count++}`
    const dice = random.below(100)
    if (dice < 45) this.#compare(this.#ref.tell.note(text), this.model.post({ kind: 'note', text }), where)
    else if (dice < 60) this.#ask(text)
    else if (dice < 72) this.#compare(this.#ref.tell.fail(text), this.model.post({ kind: 'fail', text }), where)
    else if (dice < 77) this.#compare(this.#ref.tell.stashing(), this.model.post({ kind: 'stashing', text }), where)
    else if (dice < 84) this.#compare(this.#ref.tell.unstash(), this.model.post({ kind: 'unstash', text }), where)
    else if (dice < 90) this.#hold(where)
    else if (dice < 96) this.release()
    else if (dice < 97) this.#compare(this.#ref.tell.end(), this.model.post({ kind: 'end', text }), where)
    else this.#isToBeUnparked = true
  }

  async unparkIfAskedTo(): Promise<void> {
    if (!this.#isToBeUnparked) return
    this.#isToBeUnparked = false
    expect(await this.#bed.system.unpark(`/${this.name}`)).toBe(this.model.unpark())
  }

  release(): void {
    this.#release?.()
    this.#release = undefined
  }

  async compareAnswers(where: string): Promise<void> {
    for (const { found, expected } of this.#answers.splice(0)) {
      if (expected.outcome === undefined) this.#answers.push({ found, expected })
      else expect(await Promise.race([found, 'none yet']), `${where}: an answer of ${this.name}`).toBe(expected.outcome)
    }
  }

  #compare(found: SendResult, expected: SendResult, where: string): void {
    expect(found, `${where}: the verdict`).toBe(expected)
  }

  #ask(text: string): void {
    const found = this.#ref
      .with({ deadlineMs: 1e9 })
      .ask.note(text)
      .then(
        (answer) => String(answer),
        (error: { code?: string; message: string }) => error.code ?? error.message,
      )
    const expected: { outcome: string | undefined } = { outcome: undefined }
    this.model.ask({ kind: 'note', text, answer: expected })
    this.#answers.push({ found, expected })
  }

  #hold(where: string): void {
    if (this.#release !== undefined) return
    const gate = { isOpen: false }
    const released = new Promise<void>((resolve) => {
      this.#release = () => {
        gate.isOpen = true
        resolve()
      }
    })
    const result = this.model.post({ kind: 'hold', text: '', gate })
    this.#compare(this.#ref.tell.hold(released), result, where)
    if (result !== 'accepted') this.#release = undefined
  }
}
