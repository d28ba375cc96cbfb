import { FileOutbox } from './file-outbox.ts'
import type { Outbox } from './outbox.ts'
import type { FileOutboxOptions } from './outbox-options.ts'
import type { ReliablePeer } from './reliable-peer.ts'

/** Keeps messages in files from before they are sent until they are acknowledged. */
export interface OutboxPlace extends FileOutboxOptions {
  /** Made if it is not there; for one session at a time. */
  readonly directory: string
}

/** Who sessions belong to, on this thread, by key: how connections find them. */
export interface SessionHost {
  /** The session for a peer of that name, or of that session if it gives none; undefined if there may be no more of them. */
  peerOf(name: string, sessionId: Uint8Array): Promise<ReliablePeer | undefined> | ReliablePeer | undefined
}

export const sessionHosts = new Map<string, SessionHost>()

/** @param part of the directory, for hosts of several sessions */
export async function openOutbox(place: OutboxPlace | undefined, part = ''): Promise<Outbox | undefined> {
  if (place === undefined) return undefined
  const { directory, ...options } = place
  return FileOutbox.open(part === '' ? directory : `${directory}/${part}`, options)
}
