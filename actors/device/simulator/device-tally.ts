/** What devices have done. Counts. */
export interface DeviceTally {
  /** Logins that the gateway has accepted. */
  loginCount: number
  sentPackets: number
  receivedPackets: number
  /** Requests to the mesh, whatever became of them. */
  commandCount: number
  /** Of these: the same request again, by its inner sequence. */
  duplicateCount: number
  pingCount: number
  /** Announcements of a lamp's state: 83 with `db`. */
  announcedStates: number
  /** Packets that make no sense to a device. */
  garbagePackets: number
  /** 48 or 88 with another status than 0. */
  refusedPackets: number
  /** Answers that were not given because too many were due. */
  overrunCount: number
}

export function noDeviceTally(): DeviceTally {
  return {
    loginCount: 0,
    sentPackets: 0,
    receivedPackets: 0,
    commandCount: 0,
    duplicateCount: 0,
    pingCount: 0,
    announcedStates: 0,
    garbagePackets: 0,
    refusedPackets: 0,
    overrunCount: 0,
  }
}

/** Adds `other` to `sum`. */
export function addDeviceTally(sum: DeviceTally, other: Readonly<DeviceTally>): void {
  for (const name of Object.keys(other) as (keyof DeviceTally)[]) sum[name] += other[name]
}
