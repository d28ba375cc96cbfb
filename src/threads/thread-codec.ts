import { UsageError } from '../base/errors.ts'
import { isFrame } from '../kernel/frame.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { FRAMES_PER_RECORD_MAX } from '../memory/arena-layout.ts'
import type { RingConsumer, RingProducer } from '../memory/spsc-ring.ts'
import type { SystemMemory } from '../memory/system-memory.ts'
import { ValueCodec } from '../wire/value-codec.ts'
import { ActorValues } from './actor-values.ts'
import { ThreadFrames } from './arena-frame.ts'

/** Values of one thread to records and back, together with the leases of the frames among them. */
export class ThreadCodec {
  readonly values: ValueCodec
  readonly frames: ThreadFrames
  readonly #foreign: ActorValues

  constructor(memory: SystemMemory, seat: number, messageBytesMax: number) {
    this.frames = new ThreadFrames(memory, seat)
    this.#foreign = new ActorValues(this.frames)
    this.values = new ValueCodec({ messageBytesMax, foreign: this.#foreign })
  }

  /** Refs and frames are of this kernel from now on. */
  attach(kernel: Kernel): void {
    this.#foreign.kernel = kernel
    this.frames.running = () => kernel.running
  }

  /** Before a message is encoded or decoded: no frame of another one is counted for it. */
  begin(): void {
    this.#foreign.frameCount = 0
  }

  /** Frames in the message that was encoded or decoded since `begin`. */
  get frameCount(): number {
    return this.#foreign.frameCount
  }

  /** Their slots. */
  get frameSlots(): readonly number[] {
    return this.#foreign.slots.slice(0, this.#foreign.frameCount)
  }

  /** Throws unless each frame of the message is an argument of its own: then its receiver finds it, and lets go of it. */
  checkFrames(args: readonly unknown[]): void {
    const { frameCount } = this.#foreign
    if (frameCount === 0) return
    if (new Set(args.filter(isFrame)).size !== frameCount) {
      throw new UsageError('frame-nested', 'a frame travels as an argument of its own, not inside of another value')
    }
    if (frameCount > FRAMES_PER_RECORD_MAX) {
      throw new UsageError(
        'too-many-frames',
        `a message carries at most ${FRAMES_PER_RECORD_MAX} frames, got ${frameCount}`,
      )
    }
  }

  /** Ends the record claimed last. A lease of each of its frames is the ring's in the same breath. */
  commit(producer: RingProducer): void {
    const { frameCount, slots } = this.#foreign
    if (frameCount === 0) producer.commit()
    else if (frameCount === 1) this.frames.arena.commitLeased(producer, slots[0] as number)
    else this.frames.arena.commitMany(producer, this.frameSlots)
  }

  /** Hands the record over: counted as arrived, and its frames this thread's, in the same breath. */
  advance(ring: RingConsumer, accounts: Float64Array, arrivedIndex: number): void {
    const { frameCount, slots } = this.#foreign
    if (frameCount === 0) ring.advanceCounted(accounts, arrivedIndex)
    else if (frameCount === 1) {
      this.frames.arena.ledger.advanceLeased(ring, accounts, arrivedIndex, slots[0] as number)
    } else this.frames.arena.ledger.advanceMany(ring, accounts, arrivedIndex, this.frameSlots)
  }
}
