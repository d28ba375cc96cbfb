import type { CyncPacket, DeviceLogin, Time } from '../cync/packet.ts'
import type { DeviceReport } from './device-report.ts'

/** Why a session ends its connection. */
export type SessionEnd =
  /** The credentials were refused. */
  | 'refused'
  /** It did not log in in time. */
  | 'no-login'
  /** Nothing came for too long. */
  | 'silent'
  /** The same controller is connected again. */
  | 'replaced'
  /** It says that it goes. */
  | 'left'
  /** It has logged in as another one, over the same connection: a proxy does that. The connection stays. */
  | 'changed-identity'

/** What became of one attempt at a command. */
export type AttemptEnd =
  /** The mesh has answered; 0: it took the command. */
  | { readonly kind: 'result'; readonly result: number }
  /** The controller refused it with a status other than 0: it did not get as far as the mesh. */
  | { readonly kind: 'refused'; readonly status: number }

/** What a session does, carried out by whoever owns it. */
export interface SessionOutput {
  /** Answers false where the packet is not sent: the connection closes, or its queue is full. */
  send(packet: CyncPacket): boolean
  /** The time of the home. */
  localTime(): Time
  loggedIn(login: DeviceLogin): void
  /** It is no longer the controller that it was; another login follows. */
  changed(): void
  report(report: DeviceReport): void
  /** The controller is the device with this mesh address. Told once, and when it changes. */
  addressed(address: number): void
  /** A packet that had come before: acknowledged, and not passed on. */
  duplicate(): void
  /** The controller has got this attempt. Not always told: a result implies it. */
  acked(inner: number): void
  ended(inner: number, end: AttemptEnd): void
  /** Sends what was said so far, then ends the connection. */
  close(why: SessionEnd): void
}

export interface SessionOptions {
  /** Answers whether the controller may log in. @default everyone may */
  readonly isAuthorized?: (deviceId: number, auth: string) => boolean
  /** Between login and probe. Milliseconds, or `Infinity`: none. */
  readonly probeAfterMs: number
  /** At most so long nothing may come. Milliseconds. */
  readonly silenceMs: number
  /** Within which a connection must log in. Milliseconds. */
  readonly loginTimeoutMs: number
  /** Frames with a wrong checksum: only those of the firmware that is known for it, all, or none are believed. */
  readonly wrongChecksums: 'known-firmware' | 'accept' | 'refuse'
}
