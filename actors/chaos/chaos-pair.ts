import type { Framing } from '../connection/framing.ts'
import type { Link } from '../connection/link.ts'
import type { ResolvedChaosConfig } from './chaos-config.ts'
import { addChaosCounts, type ChaosCounts } from './chaos-counts.ts'
import { ChaosLane } from './chaos-lane.ts'
import { type ChaosSettings, seedOf } from './chaos-options.ts'

type Side = 'near' | 'far'

/**
 * An accepted connection, `near`, and the one that was dialled for it, `far`, with a lane in each direction.
 *
 *     near --up--> far        one side ends: the other is told, behind what is held
 *     near <-down-- far       one side is closed by an error: the other is reset
 *                             `halfOpen`: the other is not told, and talks to nobody
 */
export class ChaosPair {
  readonly number: number
  readonly #up: ChaosLane
  readonly #down: ChaosLane
  readonly #onClosed: (pair: ChaosPair) => void
  #config: { readonly up: ResolvedChaosConfig; readonly down: ResolvedChaosConfig }
  #near: Link | undefined
  #far: Link | undefined
  #isNearClosed = false
  #isFarClosed = false
  /** Reset or kicked: so is what is opened late. */
  #ending: 'reset' | 'kick' | undefined

  constructor(number: number, settings: ChaosSettings, framing: Framing, onClosed: (pair: ChaosPair) => void) {
    const { up, down, seed, heldMessagesMax, heldBytesMax } = settings
    const events = { reset: () => this.reset(), kick: () => this.kick() }
    const limits = { heldMessagesMax, heldBytesMax }
    const isRaw = settings.framing === 'raw'
    const laneOf = (config: ResolvedChaosConfig, direction: 'up' | 'down'): ChaosLane =>
      new ChaosLane(config, { ...limits, direction, seed: seedOf(seed, number, direction) }, framing, isRaw, events)
    this.number = number
    this.#config = { up, down }
    this.#up = laneOf(up, 'up')
    this.#down = laneOf(down, 'down')
    this.#onClosed = onClosed
  }

  /** Where the accepted connection comes from. */
  get remote(): string {
    return this.#near?.remote ?? ''
  }

  /** Whether nobody has ended it yet. */
  get isOpen(): boolean {
    return this.#ending === undefined && !this.#isNearClosed && !this.#isFarClosed
  }

  get held(): { readonly messages: number; readonly bytes: number } {
    return {
      messages: this.#up.heldMessages + this.#down.heldMessages,
      bytes: this.#up.heldBytes + this.#down.heldBytes,
    }
  }

  addCounts(up: ChaosCounts, down: ChaosCounts): void {
    addChaosCounts(up, this.#up.counts)
    addChaosCounts(down, this.#down.counts)
  }

  set(up: ResolvedChaosConfig, down: ResolvedChaosConfig): void {
    this.#config = { up, down }
    this.#up.set(up)
    this.#down.set(down)
  }

  opened(side: Side, link: Link): void {
    const [into, outOf] = side === 'near' ? [this.#down, this.#up] : [this.#up, this.#down]
    if (side === 'near') this.#near = link
    else this.#far = link
    if (this.#ending === 'kick') link.end()
    if (this.#ending === 'reset') link.reset()
    outOf.from(link)
    into.to(link)
  }

  take(side: Side, message: Uint8Array): void {
    this.#laneFrom(side).take(message)
  }

  /** Its peer says no more. */
  ended(side: Side): void {
    const isOtherClosed = side === 'near' ? this.#isFarClosed : this.#isNearClosed
    if (!isOtherClosed && !this.#isHalfOpen(side)) return this.#laneFrom(side).end()
    this.#laneFrom(side).fallSilent()
    this.#linkOf(side)?.end()
  }

  /** Its link is closed, or never came to be. */
  closed(side: Side, isByError: boolean): void {
    if (side === 'near' ? this.#isNearClosed : this.#isFarClosed) return
    if (side === 'near') this.#isNearClosed = true
    else this.#isFarClosed = true
    const other = side === 'near' ? 'far' : 'near'
    const isOtherOpen = !(side === 'near' ? this.#isFarClosed : this.#isNearClosed)
    if (isOtherOpen && this.#isHalfOpen(side)) return this.#laneFrom(side).fallSilent()
    if (isOtherOpen && isByError) this.#linkOf(other)?.reset()
    if (!isOtherOpen || (other === 'far' && this.#far === undefined)) this.#close()
  }

  /** The actor of the far connection is gone. Answers whether it never was one: then the near one is reset. */
  failedDial(): boolean {
    if (this.#far !== undefined) return false
    this.#isFarClosed = true
    this.#near?.reset()
    return true
  }

  reset(): void {
    this.#ending = 'reset'
    this.#near?.reset()
    this.#far?.reset()
  }

  /** Ends both in order; what is held is lost. */
  kick(): void {
    this.#ending ??= 'kick'
    this.#up.close()
    this.#down.close()
    this.#near?.end()
    this.#far?.end()
  }

  #close(): void {
    this.#up.close()
    this.#down.close()
    this.#onClosed(this)
  }

  #isHalfOpen(side: Side): boolean {
    return this.#config[side === 'near' ? 'up' : 'down'].halfOpen
  }

  #laneFrom(side: Side): ChaosLane {
    return side === 'near' ? this.#up : this.#down
  }

  #linkOf(side: Side): Link | undefined {
    return side === 'near' ? this.#near : this.#far
  }
}
