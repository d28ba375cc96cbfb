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
    this.#foreign.frameSlots.length = 0
  }

  /** Slots of the frames in the message that was encoded or decoded since `begin`. */
  get frameSlots(): readonly number[] {
    return this.#foreign.frameSlots
  }

  /** Throws unless each frame of the message is an argument of its own: then its receiver finds it, and lets go of it. */
  checkFrames(args: readonly unknown[]): void {
    const { length } = this.#foreign.frameSlots
    if (length === 0) return
    if (new Set(args.filter(isFrame)).size !== length) {
      throw new UsageError('frame-nested', 'a frame travels as an argument of its own, not inside of another value')
    }
    if (length > FRAMES_PER_RECORD_MAX) {
      throw new UsageError(
        'too-many-frames',
        `a message carries at most ${FRAMES_PER_RECORD_MAX} frames, got ${length}`,
      )
    }
  }

  /** Ends the record claimed last. A lease of each of its frames is the ring's in the same breath. */
  commit(producer: RingProducer): void {
    const slots = this.#foreign.frameSlots
    if (slots.length === 0) producer.commit()
    else if (slots.length === 1) this.frames.arena.commitLeased(producer, slots[0] as number)
    else this.frames.arena.commitMany(producer, slots)
  }

  /** Hands the record over: counted as arrived, and its frames this thread's, in the same breath. */
  advance(ring: RingConsumer, accounts: Float64Array, arrivedIndex: number): void {
    const slots = this.#foreign.frameSlots
    if (slots.length === 0) ring.advanceCounted(accounts, arrivedIndex)
    else if (slots.length === 1) {
      this.frames.arena.ledger.advanceLeased(ring, accounts, arrivedIndex, slots[0] as number)
    } else this.frames.arena.ledger.advanceMany(ring, accounts, arrivedIndex, slots)
  }
}
