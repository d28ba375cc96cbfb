import type { Link } from '../connection/link.ts'
import { AnswerBook, type ReplayAccount } from './replay-account.ts'
import type { ReplayPacket, ReplaySession } from './replay-plan.ts'

/** Waits until a time of the recording. Answers false when the replay is to end. */
export type WaitUntil = (recordedMs: number) => Promise<boolean>

/** Plays one session over its connection. */
export class ReplayPeer {
  /** The other side ended it before all was sent. */
  wasCut = false
  readonly #session: ReplaySession
  readonly #book: AnswerBook
  #link: Link | undefined
  #isClosed = false
  #onChange = (): void => {}

  constructor(session: ReplaySession, account: ReplayAccount) {
    this.#session = session
    this.#book = new AnswerBook(account)
  }

  opened(link: Link): void {
    this.#link = link
  }

  received(packet: Uint8Array): void {
    this.#book.received(packet)
    if (this.#book.pending === 0) this.#onChange()
  }

  closed(): void {
    this.#isClosed = true
    this.#onChange()
  }

  /** Resolves when all is sent and answered, or nobody is there any more, or answers have not come for `waitMs`. */
  async play(waitUntil: WaitUntil, waitMs: number): Promise<void> {
    const { packets } = this.#session
    let sent = 0
    while (sent < packets.length && (await waitUntil(packets[sent]!.atMs)) && (await this.#send(packets[sent]!))) sent++
    this.wasCut = sent < packets.length && this.#isClosed
    for (const { bytes } of packets.slice(sent)) this.#book.unsent(bytes)
    if (this.#book.pending > 0 && !this.#isClosed) await this.#changed(waitMs)
    this.#link?.end()
  }

  /** It was never connected. */
  giveUp(): void {
    for (const { bytes } of this.#session.packets) this.#book.unsent(bytes)
  }

  async #send({ bytes }: ReplayPacket): Promise<boolean> {
    const link = this.#link!
    for (;;) {
      const result = link.send(bytes)
      if (result === 'accepted') {
        this.#book.sent(bytes)
        return true
      }
      if (result === 'closed') return false
      await link.ready()
    }
  }

  /** Resolves when nothing is pending, when the connection closes, and after `waitMs`. */
  #changed(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs)
      this.#onChange = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** Those of this thread that wait for their connection, by number. */
class ReplayPeers {
  readonly #peers = new Map<number, ReplayPeer>()
  #lastNumber = 0

  add(peer: ReplayPeer): number {
    this.#peers.set(++this.#lastNumber, peer)
    return this.#lastNumber
  }

  take(number: number): ReplayPeer {
    const peer = this.#peers.get(number)!
    this.#peers.delete(number)
    return peer
  }

  drop(number: number): void {
    this.#peers.delete(number)
  }
}

export const replayPeers = new ReplayPeers()
