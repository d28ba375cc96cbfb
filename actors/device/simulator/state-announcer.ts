import { type SyncRecord, stateData, versionData } from './device-packets.ts'
import type { DeviceSender } from './device-sender.ts'
import type { SimulatedDevice } from './simulated-device.ts'

/** At most one 43 in so long. Milliseconds. */
export const SYNC_EVERY_MS = 1_000
/** Announcements that may wait; then the oldest is left out. */
const WAITING_MAX = 256
/** Inner sequence of the first packet of a burst, and the number of its notice. */
const BURST_SEQUENCE = 0x11220000
const BURST_NOTICE = 0x111111
const STATE_COMMAND = 0xdb
const VERSION_COMMAND = 0x00
const NETWORK_VERSION = '0'
const NOTICE_END = 2 ** 24

interface WaitingStates {
  readonly dueMs: number
  readonly addresses: readonly number[]
}

/** Tells of lamps: by 83 when it is time, and by 43, which may not leave more often than once a second. Pure: it is told the time. */
export class StateAnnouncer {
  readonly #device: SimulatedDevice
  readonly #sender: DeviceSender
  readonly #lastRequest: () => number
  #waiting: WaitingStates[] | undefined
  #noticeNumber = 0
  /** Lamps that the next 43 tells of, whether as they are or as out of date; and when it leaves. */
  #syncAddresses: Map<number, boolean> | undefined
  #syncDueMs = Number.POSITIVE_INFINITY
  #lastSyncMs = Number.NEGATIVE_INFINITY

  /** @param lastRequest inner sequence of the last request, which announcements repeat */
  constructor(device: SimulatedDevice, sender: DeviceSender, lastRequest: () => number) {
    this.#device = device
    this.#sender = sender
    this.#lastRequest = lastRequest
  }

  get nextDueMs(): number {
    let dueMs = this.#syncDueMs
    for (const states of this.#waiting ?? []) dueMs = Math.min(dueMs, states.dueMs)
    return dueMs
  }

  due(nowMs: number): void {
    const waiting = this.#waiting
    if (waiting !== undefined) {
      for (const { dueMs, addresses } of waiting) if (dueMs <= nowMs) this.#announceNow(addresses, nowMs)
      const rest = waiting.filter(({ dueMs }) => dueMs > nowMs)
      this.#waiting = rest.length > 0 ? rest : undefined
    }
    if (nowMs >= this.#syncDueMs) this.#syncNow(nowMs)
  }

  /** What follows a login: versions, and every lamp as it is. */
  burst(nowMs: number): void {
    const { mesh, firmware, firmwareVersion, tally } = this.#device
    if (firmware.announcesVersion) {
      this.#announceVersion(versionData(false, NETWORK_VERSION), nowMs)
      this.#announceVersion(versionData(true, firmwareVersion), nowMs)
    }
    for (let address = 1; address <= mesh.lampCount; address++) {
      const data = stateData(BURST_NOTICE, address, mesh.state(address))
      this.#sender.announceInBurst({ sequence: BURST_SEQUENCE + address, command: STATE_COMMAND, data }, nowMs)
      tally.announcedStates++
    }
  }

  /** Tells of lamps after so long, as they are then. */
  announce(addresses: readonly number[], delayMs: number, nowMs: number): void {
    if (delayMs <= 0 && this.#waiting === undefined) return this.#announceNow(addresses, nowMs)
    this.#waiting ??= []
    this.#waiting.push({ dueMs: nowMs + delayMs, addresses })
    if (this.#waiting.length <= WAITING_MAX) return
    this.#waiting.shift()
    this.#device.tally.overrunCount++
  }

  /** By 43 alone, as soon as that may be. @param isOnline false: it says that this is out of date */
  syncSoon(addresses: readonly number[], isOnline: boolean, nowMs: number): void {
    this.#syncAddresses ??= new Map()
    for (const address of addresses) this.#syncAddresses.set(address, isOnline)
    this.#syncDueMs = Math.max(nowMs, this.#lastSyncMs + SYNC_EVERY_MS)
    if (this.#syncDueMs <= nowMs) this.#syncNow(nowMs)
  }

  /** Of itself, at once: to be called when nothing was synced yet. */
  syncSelf(nowMs: number): void {
    const { mesh, meshAddress: address } = this.#device
    this.#sync([{ address, state: mesh.state(address), isOnline: true }], nowMs)
  }

  #announceVersion(data: Uint8Array, nowMs: number): void {
    this.#sender.announce({ sequence: 0, command: VERSION_COMMAND, data, leadByte: 0 }, nowMs)
  }

  #announceNow(addresses: readonly number[], nowMs: number): void {
    const { mesh, tally } = this.#device
    for (const address of addresses) {
      this.#noticeNumber = (this.#noticeNumber + 1) % NOTICE_END
      const data = stateData(this.#noticeNumber, address, mesh.state(address))
      this.#sender.announce({ sequence: this.#lastRequest(), command: STATE_COMMAND, data }, nowMs)
      tally.announcedStates++
    }
    this.syncSoon(addresses, true, nowMs)
  }

  #syncNow(nowMs: number): void {
    const { mesh } = this.#device
    const records: SyncRecord[] = []
    for (const [address, isOnline] of this.#syncAddresses ?? []) {
      records.push({ address, state: mesh.state(address), isOnline })
    }
    this.#sync(records, nowMs)
  }

  #sync(records: readonly SyncRecord[], nowMs: number): void {
    this.#syncAddresses = undefined
    this.#syncDueMs = Number.POSITIVE_INFINITY
    this.#lastSyncMs = nowMs
    this.#sender.sync(records, nowMs)
  }
}
