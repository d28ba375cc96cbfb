/** Why a connection was refused. */
export type Refusal = 'connections-max' | 'address-max'

export interface AdmissionLimits {
  /** Connections at the same time. */
  readonly connectionsMax: number
  /** Of these, from one address. */
  readonly addressConnectionsMax: number
}

/** Who may come in: counts the connections of each host thread by peer address, so that those of a lost thread can be forgotten. */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #hosts: Map<string, number>[] = []
  readonly #addresses = new Map<string, number>()
  count = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  /** Why a connection from there cannot be taken, or undefined. */
  refusal(address: string): Refusal | undefined {
    if (this.count >= this.#limits.connectionsMax) return 'connections-max'
    const fromThere = this.#addresses.get(address) ?? 0
    return fromThere >= this.#limits.addressConnectionsMax ? 'address-max' : undefined
  }

  opened(host: number, address: string, count = 1): void {
    this.#hosts[host] ??= new Map()
    add(this.#hosts[host], address, count)
    add(this.#addresses, address, count)
    this.count += count
  }

  closed(host: number, address: string): void {
    const addresses = this.#hosts[host]
    if (addresses === undefined || !addresses.has(address)) return // of a life of that host that was forgotten
    add(addresses, address, -1)
    add(this.#addresses, address, -1)
    this.count--
  }

  /** All connections of that host are gone. */
  hostLost(host: number): void {
    for (const [address, count] of this.#hosts[host] ?? []) {
      add(this.#addresses, address, -count)
      this.count -= count
    }
    this.#hosts[host] = new Map()
  }

  countOf(host: number): number {
    let count = 0
    for (const fromThere of this.#hosts[host]?.values() ?? []) count += fromThere
    return count
  }
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
