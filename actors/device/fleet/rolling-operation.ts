import { UsageError } from 'troupe'
import { checkedOptions, type OptionRules } from '../../connection/option-check.ts'
import { checkVersion } from '../simulator/controller-options.ts'
import type { LampChange } from '../simulator/lamp.ts'

/** What is done to one device after the other. */
export type FleetOperation =
  /** Ends its connection in order; done when it is online again. */
  | { readonly kind: 'reconnect' }
  /** As `reconnect`, and it is of another version then. 1 to 16 ASCII characters. */
  | { readonly kind: 'firmware'; readonly version: string }
  /** Presses its button; done at once. */
  | { readonly kind: 'press'; readonly change: LampChange }

export interface RollRequest {
  readonly operation: FleetOperation
  /** Devices of this group of every home. @default all */
  readonly group?: number
  /** Only these, by name. @default all */
  readonly names?: readonly string[]
  /** Devices at the same time. Count, 1 to 10,000. @default 10 */
  readonly batch?: number
  /** Between two batches. Milliseconds, 0 to 3,600,000. @default 1,000 */
  readonly pauseMs?: number
  /** Failures that are borne; one more stops the roll. Count, >= 0, or Infinity. @default 0 */
  readonly failuresMax?: number
  /** A device that is not done in this time has failed. Milliseconds, 1 to 3,600,000. @default 30,000 */
  readonly timeoutMs?: number
}

/** `done`, or why not; `left out`: the roll was stopped before its turn. */
export type RollOutcome = 'done' | 'failed' | 'left out'

export interface RollDevice {
  readonly name: string
  readonly outcome: RollOutcome
  readonly reason?: string
}

export interface RollProgress {
  /** `stopped`: by too many failures, or by somebody. */
  readonly state: 'running' | 'finished' | 'stopped'
  readonly totalCount: number
  readonly doneCount: number
  readonly failedCount: number
  /** Under way. */
  readonly activeCount: number
}

export interface RollReport extends RollProgress {
  /** Of the devices meant, in their order; the first 1,000. */
  readonly devices: readonly RollDevice[]
}

export type ResolvedRoll = Readonly<Required<Pick<RollRequest, 'batch' | 'pauseMs' | 'failuresMax' | 'timeoutMs'>>>

const HOUR_MS = 3_600_000
/** A report is one message. */
const REPORTED_MAX = 1_000
const kinds: readonly FleetOperation['kind'][] = ['reconnect', 'firmware', 'press']

const rules: OptionRules<RollRequest> = {
  operation: checkOperation,
  group: () => {}, // checked where it is known how many there are
  names: (value) => checkNames(value),
  batch: { min: 1, max: 10_000, unit: 'devices', isWhole: true },
  pauseMs: { min: 0, max: HOUR_MS, unit: 'ms' },
  failuresMax: { min: 0, max: Number.POSITIVE_INFINITY, unit: 'failures', isWhole: true },
  timeoutMs: { min: 1, max: HOUR_MS, unit: 'ms' },
}

/** Throws `UsageError` for what is unknown or out of its range. */
export function resolveRoll(request: RollRequest): ResolvedRoll {
  const defaults = { batch: 10, pauseMs: 1_000, failuresMax: 0, timeoutMs: 30_000 }
  const all = { operation: { kind: 'reconnect' }, group: 0, names: [], ...defaults } as const
  return checkedOptions('roll', request, all as Required<RollRequest>, rules)
}

function checkOperation(value: unknown, name: string): void {
  const { kind, version, change } = Object(value) as {
    kind?: FleetOperation['kind']
    version?: unknown
    change?: unknown
  }
  if (kind === undefined || !kinds.includes(kind)) {
    throw new UsageError('invalid-option', `${name}: kind must be one of ${kinds.join(', ')}, got ${String(kind)}`)
  }
  if (kind === 'firmware') checkVersion(version, `${name}: version`)
  if (kind === 'press') checkedOptions(`${name}: change`, change as LampChange, anyChange, changeRules)
}

const anyChange = Object.freeze({
  isOn: true,
  brightness: 0,
  whiteTemperature: 0,
  rgb: [0, 0, 0],
  lightShow: 1,
} as const)
const percent = { min: 0, max: 100, unit: '%', isWhole: true } as const

const changeRules: OptionRules<LampChange> = {
  isOn: [true, false],
  brightness: percent,
  whiteTemperature: percent,
  rgb: (value, name) => {
    const isPart = (part: unknown): boolean =>
      Number.isInteger(part) && (part as number) >= 0 && (part as number) <= 255
    if (Array.isArray(value) && value.length === 3 && value.every(isPart)) return
    throw new UsageError('invalid-option', `${name} must be three whole numbers from 0 to 255, got ${String(value)}`)
  },
  lightShow: { min: 1, max: 10, unit: '', isWhole: true },
}

function checkNames(value: unknown): void {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return
  throw new UsageError('invalid-option', `roll: names must be an array of names, got ${String(value)}`)
}

/**
 * One operation, rolled over many devices a batch at a time. A pure state machine: it is told who is done and what time it is, and answers
 * who is next.
 *
 *     running --all done--> finished
 *        `--a failure too many, or stop--> stopped: those under way are waited for, the others left out
 */
export class RollingOperation {
  readonly #indexes: readonly number[]
  readonly #options: ResolvedRoll
  /** Under way, and when their time is up. */
  readonly #active = new Map<number, number>()
  readonly #failures = new Map<number, string>()
  #isStopped = false
  #begunCount = 0
  #nextBatchMs = Number.NEGATIVE_INFINITY

  /** @param indexes whom it is about, each once */
  constructor(indexes: readonly number[], options: ResolvedRoll) {
    this.#indexes = indexes
    this.#options = options
  }

  /** Whom to begin with now: a batch, when the one before is done and the pause is over. */
  next(nowMs: number): readonly number[] {
    if (this.#isStopped || this.#active.size > 0 || nowMs < this.#nextBatchMs) return []
    const { batch, timeoutMs } = this.#options
    const indexes = this.#indexes.slice(this.#begunCount, this.#begunCount + batch)
    this.#begunCount += indexes.length
    for (const index of indexes) this.#active.set(index, nowMs + timeoutMs)
    return indexes
  }

  /** @param reason why it failed; undefined: it is done */
  ended(index: number, reason: string | undefined, nowMs: number): void {
    if (!this.#active.delete(index)) return
    if (reason !== undefined) this.#failures.set(index, reason)
    if (this.#failures.size > this.#options.failuresMax) this.#isStopped = true
    if (this.#active.size === 0) this.#nextBatchMs = nowMs + this.#options.pauseMs
  }

  /** Time has passed: those whose time is up have failed. */
  tick(nowMs: number): void {
    for (const [index, dueMs] of this.#active) {
      if (nowMs >= dueMs) this.ended(index, `not done within ${this.#options.timeoutMs} ms`, nowMs)
    }
  }

  /** Begins with nobody any more. */
  stop(): void {
    this.#isStopped = true
  }

  /** When `next` or `tick` is to be called; Infinity when it is over. */
  get nextDueMs(): number {
    if (this.isOver) return Number.POSITIVE_INFINITY
    return this.#active.size === 0 ? this.#nextBatchMs : Math.min(...this.#active.values())
  }

  get isOver(): boolean {
    return this.#active.size === 0 && (this.#isStopped || this.#begunCount === this.#indexes.length)
  }

  get progress(): RollProgress {
    const activeCount = this.#active.size
    const failedCount = this.#failures.size
    const isComplete = this.#begunCount === this.#indexes.length
    return {
      state: !this.isOver ? 'running' : isComplete && failedCount <= this.#options.failuresMax ? 'finished' : 'stopped',
      totalCount: this.#indexes.length,
      doneCount: this.#begunCount - activeCount - failedCount,
      failedCount,
      activeCount,
    }
  }

  report(nameOf: (index: number) => string): RollReport {
    const devices = this.#indexes.slice(0, REPORTED_MAX).map((index, place): RollDevice => {
      const reason = this.#failures.get(index)
      const name = nameOf(index)
      if (reason !== undefined) return { name, outcome: 'failed', reason }
      return { name, outcome: place < this.#begunCount && !this.#active.has(index) ? 'done' : 'left out' }
    })
    return { ...this.progress, devices }
  }
}
