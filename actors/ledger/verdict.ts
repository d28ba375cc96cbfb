import type { LinkEndState } from './link-report.ts'

/** What the ledger knows of one end when a link is judged. `unknown`: it never reported, or its report died with it. */
export interface JudgedEnd {
  readonly state: LinkEndState | 'unknown'
  readonly byteCount: number
  /** Whether every report's hash and packet counts were those of the recording. */
  readonly isIntact: boolean
}

export type Verdict =
  | 'complete' // both ends saw the end, and every byte that was sent had arrived
  | 'prefix' // an end was killed; what had arrived is the beginning of what was sent
  | 'unused' // no byte arrived, and the device never said that it sent one
  | 'corrupt' // an end's bytes are not those of the recording
  | 'incomplete' // both ends saw the end, and bytes are missing
  | 'excess' // more arrived than was sent
  | 'unexplained' // it broke, and nobody killed it

const acceptedVerdicts: ReadonlySet<Verdict> = new Set(['complete', 'prefix', 'unused'])

export const isAccepted = (verdict: Verdict): boolean => acceptedVerdicts.has(verdict)

/** `isKilled`: an end, or a thread that an end lived on, was killed on purpose while the link was open. */
export function judge(device: JudgedEnd, connection: JudgedEnd, isKilled: boolean): Verdict {
  if (!device.isIntact || !connection.isIntact) return 'corrupt'
  if (device.state === 'finished' && connection.state === 'finished') {
    if (connection.byteCount > device.byteCount) return 'excess'
    return connection.byteCount === device.byteCount ? 'complete' : 'incomplete'
  }
  if (device.state === 'unknown' && connection.byteCount === 0) return 'unused'
  if (!isKilled) return 'unexplained'
  // A dead device's last report may be older than its last byte: only an end that closed its own books bounds the other.
  const isDeviceFinal = device.state === 'finished' || device.state === 'broken'
  return isDeviceFinal && connection.byteCount > device.byteCount ? 'excess' : 'prefix'
}
