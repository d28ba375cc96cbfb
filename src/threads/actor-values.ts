import { ProtocolError } from '../base/errors.ts'
import { ActorCell } from '../kernel/actor-cell.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { AnyRef } from '../kernel/ref.ts'
import type { RemoteTarget } from '../kernel/remote/remote-target.ts'
import type { ForeignReader, ForeignValues, ForeignWriter } from '../wire/foreign-values.ts'
import { ArenaFrame, type ThreadFrames } from './arena-frame.ts'

const ACTOR_REF = 1
const FRAME = 2

/** Actor refs in messages: the address, and what a thread that never met the actor needs to call it. */
export class ActorValues implements ForeignValues {
  /** Set once the kernel exists, which needs a codec to exist. */
  kernel: Kernel | undefined

  /** Frames in the message that was encoded or decoded last; their slots are the first so many of `slots`. */
  frameCount = 0
  /** Never shortened: that would cost every message that has no frame. */
  readonly slots: number[] = []
  readonly #frames: ThreadFrames

  constructor(frames: ThreadFrames) {
    this.#frames = frames
  }

  begin(): void {
    this.frameCount = 0
  }

  isForeign(value: object): boolean {
    return value instanceof AnyRef || value instanceof ArenaFrame
  }

  encode(value: object, writer: ForeignWriter): void {
    if (value instanceof ArenaFrame) return this.#encodeFrame(value, writer)
    const { target } = value as AnyRef
    const isCell = target instanceof ActorCell
    writer.byte(ACTOR_REF)
    writer.int32(target.slot)
    writer.int32(target.generation)
    writer.text(target.path)
    writer.name(isCell ? target.definition.module : (target as RemoteTarget).module)
    writer.name(isCell ? target.definition.name : (target as RemoteTarget).definition)
  }

  decode(reader: ForeignReader): unknown {
    const kind = reader.byte()
    if (kind === FRAME) return this.#decodeFrame(reader)
    if (kind !== ACTOR_REF || this.kernel === undefined)
      throw new ProtocolError('bad-encoding', `no foreign value ${kind}`)
    const slot = reader.int32()
    const generation = reader.int32()
    const path = reader.text()
    const module = reader.name()
    return this.kernel.remote.refTo(slot, generation, path, module, reader.name())
  }

  #encodeFrame(frame: ArenaFrame, writer: ForeignWriter): void {
    frame.check()
    writer.byte(FRAME)
    writer.int32(frame.slotId)
    writer.int32(frame.offset)
    writer.int32(frame.length)
    this.slots[this.frameCount++] = frame.slotId
  }

  #decodeFrame(reader: ForeignReader): ArenaFrame {
    const slotId = reader.int32()
    const offset = reader.int32()
    const length = reader.int32()
    this.slots[this.frameCount++] = slotId
    return new ArenaFrame(this.#frames, slotId, offset, length)
  }
}
