import type { TroupeError } from 'troupe'
import { SystemClock } from '../../clock/system-clock.ts'
import { MessagePackCodec } from '../../codec/message-pack-codec.ts'
import { FileOutbox } from '../../reliable/file-outbox.ts'
import { MESSAGE_ID_BYTES, MessageIds } from '../../reliable/message-id.ts'
import type { OutboxPlace } from '../../reliable/reliable-hosts.ts'
import type { CommandRequest } from './command-request.ts'

/** A command that an earlier life of the gateway had taken, and that has no result. */
export interface InterruptedCommand {
  readonly sequence: number
  readonly request: CommandRequest & { readonly id: string }
  /** Since it was given, by the clock of the machine. Milliseconds, >= 0. */
  readonly ageMs: number
}

interface Stored {
  readonly request: CommandRequest & { readonly id: string }
  readonly givenMs: number
}

const codec = new MessagePackCodec()

/** The commands of a gateway on disk: a command is stored before it is sent, and confirmed when it has its result. */
export class CommandLog {
  readonly #outbox: FileOutbox
  readonly #ids = new MessageIds()
  readonly #clock = new SystemClock()
  readonly #id = new Uint8Array(MESSAGE_ID_BYTES)

  private constructor(outbox: FileOutbox) {
    this.#outbox = outbox
  }

  /** Rejects as `FileOutbox.open` does. */
  static async open({ directory, ...options }: OutboxPlace): Promise<CommandLog> {
    return new CommandLog(await FileOutbox.open(directory, options))
  }

  /** Oldest first. To be called before anything is stored. Throws `ProtocolError` where the disk has not what was written to it. */
  interrupted(): InterruptedCommand[] {
    const nowMs = this.#clock.nowMs()
    return Array.from(this.#outbox.unconfirmed(), ({ sequence, payload }) => {
      // The payload is a view until the next entry is asked for.
      const { request, givenMs } = codec.decode(new Uint8Array(payload)) as Stored
      return { sequence, request, ageMs: Math.max(0, nowMs - givenMs) }
    })
  }

  /**
   * Resolves with its sequence when the command is on disk; commands that are stored at the same time share the flush. Resolves with the error when it
   * cannot be: the log is full, or the disk has failed.
   */
  async store(request: CommandRequest & { readonly id: string }): Promise<number | TroupeError> {
    try {
      const sequence = this.#outbox.lastSequence + 1
      const stored: Stored = { request, givenMs: this.#clock.nowMs() }
      this.#ids.write(this.#id)
      this.#outbox.store(sequence, this.#id, 0, codec.encode(withoutUndefined(stored)))
      await this.#outbox.flushed()
      return sequence
    } catch (error) {
      return error as TroupeError
    }
  }

  /** It has its result. That may be forgotten with the process: then it is interrupted once more. */
  finished(sequence: number): void {
    this.#outbox.confirmOne(sequence)
  }

  /** What has no result stays, for the next life. */
  async close(): Promise<void> {
    await this.#outbox.close().catch(() => {}) // it has failed before: whoever stored was told
  }
}

/** MessagePack has no undefined; a field that is not there says the same. */
function withoutUndefined(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return value
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutUndefined(field)]))
}
