import { copyBytes } from '../base/copy-bytes.ts'
import { UsageError } from '../base/errors.ts'
import type { ActorCell } from '../kernel/actor-cell.ts'
import { Frame, type FramePool } from '../kernel/frame.ts'
import type { FrameArena } from '../memory/frame-arena.ts'
import type { SystemMemory } from '../memory/system-memory.ts'

/** A part of a slot that is smaller than this share of it is copied when it is kept. */
const KEPT_SHARE = 4

/** A lease of this thread on a part of an arena slot. */
export class ArenaFrame extends Frame {
  readonly slotId: number
  readonly offset: number
  readonly length: number
  readonly #frames: ThreadFrames
  #isReleased = false
  #bytes: Uint8Array | undefined
  /** The actor that keeps it beyond its handler. */
  #keeper: ActorCell | undefined
  /** The frame that this is a part of, and whose lease it shares. */
  readonly #whole: ArenaFrame | undefined

  /** Takes over one lease that the thread holds; a part of another frame has none of its own. */
  constructor(frames: ThreadFrames, slotId: number, offset: number, length: number, whole?: ArenaFrame) {
    super()
    this.#frames = frames
    this.slotId = slotId
    this.offset = offset
    this.length = length
    this.#whole = whole
  }

  get bytes(): Uint8Array {
    this.check()
    this.#bytes ??= this.#isWhole() ? (this.#whole as ArenaFrame).bytes : this.#view()
    return this.#bytes
  }

  retain(): Frame {
    const kept = this.#isSmallPart() ? this.#frames.copyOf(this) : this.lease()
    kept.#keeper = this.#frames.running()
    kept.#keeper?.more.frames.add(kept)
    return kept
  }

  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#bytes = undefined
    this.#keeper?.extras?.frames.delete(this)
    if (this.#whole === undefined) this.#frames.arena.release(this.slotId)
  }

  copy(): Uint8Array {
    const own = new Uint8Array(this.length)
    copyBytes(own, 0, this.bytes)
    return own
  }

  write(bytes: Uint8Array, at = 0): void {
    if (!Number.isInteger(at) || at < 0 || at + bytes.length > this.length) {
      const range = `${at} to ${at + bytes.length}`
      throw new UsageError('invalid-write', `a frame of ${this.length} bytes cannot be written from ${range}`)
    }
    this.check()
    const { frames } = this.#frames.memory
    copyBytes(frames.views(this.slotId).bytes, frames.byteOffset(this.slotId) + this.offset + at, bytes) // needs no view
  }

  slice(start: number, end = this.length): ArenaFrame {
    if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= this.length)) {
      throw new UsageError('invalid-slice', `a slice of a frame lies in 0 to ${this.length}, got ${start} to ${end}`)
    }
    this.check()
    return new ArenaFrame(this.#frames, this.slotId, this.offset + start, end - start, this.#whole ?? this)
  }

  lease(): ArenaFrame {
    this.check()
    this.#frames.arena.hold(this.slotId)
    return new ArenaFrame(this.#frames, this.slotId, this.offset, this.length)
  }

  /** A view costs more than the rest of a message: a part that is all of a frame shares that one's. */
  #isWhole(): boolean {
    return this.#whole !== undefined && this.#whole.length === this.length
  }

  #view(): Uint8Array {
    return this.#frames.memory.frames.slice(this.slotId, this.offset, this.length)
  }

  #isSmallPart(): boolean {
    this.check()
    return this.length * KEPT_SHARE < this.#frames.memory.frames.slotBytes(this.slotId)
  }

  /** Throws `frame-released` after the frame's time. */
  check(): void {
    const whole = this.#whole ?? this
    if (!this.#isReleased && !whole.#isReleased) return
    throw new UsageError(
      'frame-released',
      'this frame was valid during its handler; retain() or copy() what is to stay',
    )
  }
}

/** Frames of one thread. The arena is touched when the first frame is. */
export class ThreadFrames implements FramePool {
  readonly memory: SystemMemory
  /** The actor that runs, if one does. */
  running: () => ActorCell | undefined = () => undefined
  readonly #seat: number
  #arena: FrameArena | undefined

  constructor(memory: SystemMemory, seat: number) {
    this.memory = memory
    this.#seat = seat
  }

  get bytesMax(): number {
    return this.memory.frames.slotBytesMax
  }

  get arena(): FrameArena {
    this.#arena ??= this.memory.arena(this.#seat)
    return this.#arena
  }

  allocate(bytes: number): ArenaFrame | undefined {
    const slotId = this.arena.tryAllocate(bytes)
    return slotId < 0 ? undefined : new ArenaFrame(this, slotId, 0, bytes)
  }

  /** In a slot of its own; if there is none, the frame itself under one more lease. */
  copyOf(frame: ArenaFrame): ArenaFrame {
    const copy = this.allocate(frame.length)
    if (copy === undefined) return frame.lease()
    copy.bytes.set(frame.bytes)
    return copy
  }
}
