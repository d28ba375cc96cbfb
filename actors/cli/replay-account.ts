import { packetTypeName } from '../connection/packet-framing.ts'

/** What became of the packets of one type. Count. */
export interface TypeAccount {
  sent: number
  /** Of those: the peer has said that it has them. */
  answered: number
  /** Of those answered: with another status than 0. */
  refused: number
  /** It could have been answered and was not. 0 for types that nobody answers. */
  unanswered: number
  /** The connection ended before. */
  unsent: number
}

/** What is known of one packet that was sent. */
interface Kind {
  /** Type and response bit of the answer. */
  readonly answer: number
  /** Offset in the packet of what the answer repeats, and in the answer; none for those that come in order. */
  readonly key?: readonly [sent: number, answered: number]
  /** Offset of the status in the answer. */
  readonly status?: number
}

/** By the type of what is sent, without its version. */
const kinds: Readonly<Record<number, Kind>> = Object.freeze({
  32: { answer: 0x28, status: 5 },
  64: { answer: 0x48, status: 7 },
  112: { answer: 0x78, key: [9, 9], status: 11 },
  128: { answer: 0x88, key: [9, 5], status: 7 },
  192: { answer: 0xc8 },
  208: { answer: 0xd8 },
})
const VERSION_MASK = 0x07
const KEY_BYTES = 2

/** All packets of a replay, by type: what was sent, and what came back. */
export class ReplayAccount {
  readonly #types = new Map<string, TypeAccount>()
  readonly #received = new Map<string, number>()

  /** Of the one type, such as `0x43`; sorted. */
  get types(): Readonly<Record<string, TypeAccount>> {
    return Object.fromEntries([...this.#types].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Whatever came, by type; sorted. */
  get received(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#received].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  get totals(): TypeAccount {
    const totals = noneYet()
    for (const type of this.#types.values()) {
      for (const name of Object.keys(totals) as (keyof TypeAccount)[]) totals[name] += type[name]
    }
    return totals
  }

  typeOf(packet: Uint8Array): TypeAccount {
    const name = packetTypeName(packet[0]!)
    const known = this.#types.get(name)
    if (known !== undefined) return known
    const made = noneYet()
    this.#types.set(name, made)
    return made
  }

  countReceived(packet: Uint8Array): void {
    const name = packetTypeName(packet[0]!)
    this.#received.set(name, (this.#received.get(name) ?? 0) + 1)
  }
}

function noneYet(): TypeAccount {
  return { sent: 0, answered: 0, refused: 0, unanswered: 0, unsent: 0 }
}

/** One connection of a replay: which answers are still to come. */
export class AnswerBook {
  readonly #account: ReplayAccount
  /** From what an answer is known by to those who wait for it, in order. */
  readonly #waiting = new Map<string, TypeAccount[]>()
  /** Packets whose answer has not come. Count. */
  pending = 0

  constructor(account: ReplayAccount) {
    this.#account = account
  }

  sent(packet: Uint8Array): void {
    const type = this.#account.typeOf(packet)
    type.sent++
    const kind = kinds[packet[0]! & ~VERSION_MASK]
    if (kind === undefined) return
    type.unanswered++
    this.pending++
    const name = nameOf(kind.answer, packet, kind.key?.[0])
    const waiting = this.#waiting.get(name)
    if (waiting === undefined) this.#waiting.set(name, [type])
    else waiting.push(type)
  }

  received(packet: Uint8Array): void {
    this.#account.countReceived(packet)
    const answer = packet[0]! & ~VERSION_MASK
    const kind = Object.values(kinds).find((candidate) => candidate.answer === answer)
    const type = kind && this.#waiting.get(nameOf(answer, packet, kind.key?.[1]))?.shift()
    if (kind === undefined || type === undefined) return
    type.unanswered--
    type.answered++
    this.pending--
    if (kind.status !== undefined && packet[kind.status] !== 0) type.refused++
  }

  unsent(packet: Uint8Array): void {
    this.#account.typeOf(packet).unsent++
  }
}

function nameOf(answer: number, packet: Uint8Array, keyOffset: number | undefined): string {
  if (keyOffset === undefined) return String(answer)
  return `${answer} ${packet.subarray(keyOffset, keyOffset + KEY_BYTES).join(' ')}`
}
