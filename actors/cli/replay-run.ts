import { type Clock, type System, systemClock } from 'troupe'
import type { Endpoint } from '../connection/endpoint.ts'
import { dial } from '../connection/listen.ts'
import { ReplayAccount } from './replay-account.ts'
import { ReplayConnection } from './replay-connection.actor.ts'
import { ReplayPeer, replayPeers } from './replay-peer.ts'
import type { ReplayPlan, ReplaySession } from './replay-plan.ts'

export interface ReplayRunOptions {
  /** How many times as fast as recorded; Infinity for as fast as it is taken. */
  readonly speed: number
  /** Connections at the same time, at most. */
  readonly connectionsMax: number
  /** How long to wait for the answers that are missing at the end of a connection. Milliseconds. */
  readonly waitMs: number
}

/** How a replay went. */
export interface ReplayResult {
  /** That were made. */
  readonly connections: number
  /** That could not be made. */
  readonly failedConnections: number
  /** That the other side ended before all was sent. */
  readonly cutConnections: number
  readonly account: ReplayAccount
  readonly elapsedMs: number
  /** Somebody ended it. */
  readonly wasStopped: boolean
}

/**
 * Plays all sessions of a recording. A device has one connection at a time: its next one begins when the one before has ended, as a
 * server would otherwise take the device for one that came back.
 */
export class ReplayRun {
  readonly #system: System
  readonly #endpoint: Endpoint
  readonly #options: ReplayRunOptions
  readonly #account = new ReplayAccount()
  readonly #clock: Clock
  readonly #startMs: number
  #connections = 0
  #failed = 0
  #cut = 0
  #open = 0
  #isStopped = false
  readonly #waiting: (() => void)[] = []
  readonly #sleepers = new Set<() => void>()

  constructor(system: System, endpoint: Endpoint, options: ReplayRunOptions, clock: Clock = systemClock) {
    this.#system = system
    this.#endpoint = endpoint
    this.#options = options
    this.#clock = clock
    this.#startMs = clock.nowMs()
  }

  async run({ sessions }: ReplayPlan): Promise<ReplayResult> {
    const lanes = new Map<number, ReplaySession[]>()
    for (const session of sessions) {
      const lane = lanes.get(session.deviceId)
      if (lane === undefined) lanes.set(session.deviceId, [session])
      else lane.push(session)
    }
    await Promise.all([...lanes.values()].map((lane) => this.#playLane(lane)))
    return {
      connections: this.#connections,
      failedConnections: this.#failed,
      cutConnections: this.#cut,
      account: this.#account,
      elapsedMs: this.#clock.nowMs() - this.#startMs,
      wasStopped: this.#isStopped,
    }
  }

  /** Nothing more is sent. */
  stop(): void {
    this.#isStopped = true
    for (const wake of this.#sleepers) wake()
  }

  async #playLane(sessions: readonly ReplaySession[]): Promise<void> {
    for (const session of sessions) {
      const peer = new ReplayPeer(session, this.#account)
      if (!(await this.#until(session.packets[0]!.atMs))) {
        peer.giveUp()
        continue
      }
      await this.#enter()
      if (this.#isStopped) peer.giveUp()
      else await this.#play(peer)
      this.#leave()
    }
  }

  async #play(peer: ReplayPeer): Promise<void> {
    const number = replayPeers.add(peer)
    const options = { restart: 'temporary', placement: 'here', link: { endTimeoutMs: END_MS } } as const
    const ref = dial(this.#system, ReplayConnection, this.#endpoint, [number], options)
    try {
      await ref.ready()
    } catch {
      replayPeers.drop(number)
      this.#failed++
      return peer.giveUp()
    }
    this.#connections++
    await peer.play((recordedMs) => this.#until(recordedMs), this.#options.waitMs)
    if (peer.wasCut) this.#cut++
    await this.#system.stop(ref)
  }

  /** Waits until this time of the recording has come. Answers false when the replay is to end. */
  async #until(recordedMs: number): Promise<boolean> {
    const waitMs = this.#startMs + recordedMs / this.#options.speed - this.#clock.nowMs()
    if (waitMs > 0 && !this.#isStopped) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer)
          this.#sleepers.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, Math.min(waitMs, DELAY_MAX_MS))
        this.#sleepers.add(wake)
      })
    }
    return !this.#isStopped
  }

  /** Waits for one of the connections that there may be. */
  async #enter(): Promise<void> {
    if (this.#open >= this.#options.connectionsMax) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#open++
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#open--
    else next()
  }
}

/** For the other side to end a connection that was played. Milliseconds. */
const END_MS = 1_000
/** The longest that a timer waits. Milliseconds. */
const DELAY_MAX_MS = 2 ** 31 - 1
