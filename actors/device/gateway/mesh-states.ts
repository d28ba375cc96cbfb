import { isSameState } from './command-request.ts'
import type { DeviceReport, DeviceState } from './device-report.ts'

/** What is known of one device. */
export interface KnownDevice extends DeviceState {
  readonly home: string
  readonly address: number
  /** False once it was missing in three reports in a row. */
  readonly isOnline: boolean
  /** By a command that was acknowledged: no report has said so yet. */
  readonly isAssumed: boolean
  /** Of the last change. Milliseconds, of the clock that is given. */
  readonly changedMs: number
}

/** Counts. */
export interface StateTotals {
  reports: number
  changes: number
  /** Copies of an older announcement, that came over another controller behind a newer one. */
  collapsed: number
  /** Said something else than a command that is on its way. */
  outdated: number
  /** Reports of devices that there is no room for. */
  dropped: number
}

/** Reports in a row that say that a device is not there, until it counts as offline. */
export const MISSING_MAX = 3
/** Within this copies of one announcement come over all controllers; and several lists count as one report of who is missing. Milliseconds. */
export const COPIES_MS = 1_000
/** No longer does a command that is on its way speak against reports. Milliseconds. */
const PENDING_MS = 10_000
const PAST_MAX = 4
const ADDRESS_MAX = 0xff
/** Devices of all homes. Count. */
export const DEVICES_MAX = 200_000

interface Entry {
  known: KnownDevice
  /** Whose report made it what it is. */
  reporter: number
  missing: number
  missedMs: number
  pending:
    | { readonly id: string; readonly apply: (state: DeviceState) => DeviceState; readonly untilMs: number }
    | undefined
  /** What it was told to be before, lately. */
  past: { readonly state: DeviceState; readonly atMs: number }[] | undefined
}

/**
 * What the devices of all homes do, as their controllers tell it: the last report wins, with three exceptions. A copy of an older announcement that
 * comes late over another controller is none; a command on its way outweighs reports that contradict it, until it is acknowledged; and a
 * device is offline only when three reports in a row missed it.
 */
export class MeshStates {
  readonly totals: StateTotals = { reports: 0, changes: 0, collapsed: 0, outdated: 0, dropped: 0 }
  readonly #homes = new Map<string, Map<number, Entry>>()
  #count = 0

  /** Devices that are known. */
  get size(): number {
    return this.#count
  }

  get(home: string, address: number): KnownDevice | undefined {
    return this.#homes.get(home)?.get(address)?.known
  }

  /** Of one home, or of all. */
  list(home?: string): KnownDevice[] {
    const homes = home === undefined ? [...this.#homes.values()] : [this.#homes.get(home)]
    return homes.flatMap((entries) => [...(entries?.values() ?? [])].map(({ known }) => known))
  }

  addressesOf(home: string): number[] {
    return [...(this.#homes.get(home)?.keys() ?? [])]
  }

  /**
   * Answers the device where the report has changed what is known of it.
   * @param reporter device id of the controller that tells it
   */
  report(home: string, report: DeviceReport, reporter: number, nowMs: number): KnownDevice | undefined {
    this.totals.reports++
    const entry = this.#homes.get(home)?.get(report.address)
    if (entry === undefined) return this.#firstReport(home, report, reporter, nowMs)
    if (!report.isOnline) return this.#missed(entry, nowMs)
    entry.missing = 0
    if (entry.pending !== undefined && nowMs < entry.pending.untilMs) {
      if (!isSameState(report, entry.pending.apply(report))) return void this.totals.outdated++
    }
    if (isSameState(report, entry.known)) {
      if (entry.known.isOnline && !entry.known.isAssumed) return undefined
    } else if (this.#isCopy(entry, report, reporter, nowMs)) return void this.totals.collapsed++
    return this.#change(entry, report, reporter, true, false, nowMs)
  }

  /** A command for these devices goes out. */
  pend(
    home: string,
    addresses: readonly number[],
    id: string,
    apply: (state: DeviceState) => DeviceState,
    nowMs: number,
  ): void {
    const entries = this.#homes.get(home)
    for (const address of addresses) {
      const entry = entries?.get(address)
      if (entry !== undefined) entry.pending = { id, apply, untilMs: nowMs + PENDING_MS }
    }
  }

  /**
   * It was acknowledged, and is taken for done; or it has ended without. Answers the devices that are something else by that.
   */
  settle(
    home: string,
    addresses: readonly number[],
    id: string,
    apply: ((state: DeviceState) => DeviceState) | undefined,
    nowMs: number,
  ): KnownDevice[] {
    const changed: KnownDevice[] = []
    const entries = this.#homes.get(home)
    for (const address of addresses) {
      const entry = entries?.get(address)
      if (entry === undefined) continue
      if (entry.pending?.id === id) entry.pending = undefined
      const state = apply?.(entry.known)
      if (state === undefined || isSameState(state, entry.known)) continue
      changed.push(this.#change(entry, state, entry.reporter, entry.known.isOnline, true, nowMs))
    }
    return changed
  }

  #firstReport(home: string, report: DeviceReport, reporter: number, nowMs: number): KnownDevice | undefined {
    const { address, isOnline } = report
    if (!(address >= 1 && address <= ADDRESS_MAX) || this.#count >= DEVICES_MAX) return void this.totals.dropped++
    let entries = this.#homes.get(home)
    if (entries === undefined) this.#homes.set(home, (entries = new Map()))
    const state = stateOf(report)
    const known = { ...state, home, address, isOnline, isAssumed: false, changedMs: nowMs }
    const missing = isOnline ? 0 : MISSING_MAX
    entries.set(address, { known, reporter, missing, missedMs: nowMs, pending: undefined, past: undefined })
    this.#count++
    this.totals.changes++
    return known
  }

  #missed(entry: Entry, nowMs: number): KnownDevice | undefined {
    if (entry.missing > 0 && nowMs - entry.missedMs < COPIES_MS) return undefined
    entry.missedMs = nowMs
    entry.missing++
    if (entry.missing < MISSING_MAX || !entry.known.isOnline) return undefined
    // What it repeats is old.
    return this.#change(entry, entry.known, entry.reporter, false, entry.known.isAssumed, nowMs)
  }

  #isCopy(entry: Entry, report: DeviceReport, reporter: number, nowMs: number): boolean {
    if (reporter === entry.reporter || entry.past === undefined) return false
    return entry.past.some(({ state, atMs }) => nowMs - atMs < COPIES_MS && isSameState(state, report))
  }

  #change(
    entry: Entry,
    state: DeviceState,
    reporter: number,
    isOnline: boolean,
    isAssumed: boolean,
    nowMs: number,
  ): KnownDevice {
    const { known } = entry
    if (!isSameState(known, state)) {
      entry.past = [{ state: stateOf(known), atMs: nowMs }, ...(entry.past ?? [])].slice(0, PAST_MAX)
    }
    entry.known = { ...stateOf(state), home: known.home, address: known.address, isOnline, isAssumed, changedMs: nowMs }
    entry.reporter = reporter
    this.totals.changes++
    return entry.known
  }
}

function stateOf({ isOn, brightness, colorMode, rgb }: DeviceState): DeviceState {
  return { isOn, brightness, colorMode, rgb }
}
