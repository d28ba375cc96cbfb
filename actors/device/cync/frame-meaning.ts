import {
  decodeFirmware,
  decodeNotice,
  encodeFirmware,
  encodeState,
  FIRMWARE_COMMAND,
  type FirmwareNotice,
  isActivity,
  type Notice,
  STATE,
  type StateNotice,
  stateOf,
} from './announcement.ts'
import type { CyncCommand, CyncTarget } from './command.ts'
import { decodeCommand, MESH_QUERY } from './command-codec.ts'
import type { CyncFrame } from './frame.ts'
import { cyncFrame } from './frame-codec.ts'
import { decodeMeshPage, encodeMeshPage, type MeshPage } from './mesh-page.ts'
import { decodeRelay, targetOf } from './relay.ts'

/** What a frame says. Sequence and command are those of the frame itself. */
export type FrameMeaning =
  /** To a device. `target` and `relayId` are there where the command is passed on in the mesh. */
  | {
      readonly kind: 'command'
      readonly command: CyncCommand
      readonly target?: CyncTarget
      readonly relayId?: number
    }
  /** Answer to the command with the same sequence. 0: done. It does not say that a lamp has changed. */
  | { readonly kind: 'result'; readonly result: number }
  /** Answer to a mesh query, or a part of it. */
  | { readonly kind: 'mesh-page'; readonly page: MeshPage }
  | { readonly kind: 'state'; readonly state: StateNotice; readonly notice: Notice }
  | { readonly kind: 'activity'; readonly notice: Notice }
  | { readonly kind: 'firmware'; readonly firmware: FirmwareNotice }
  /** Anything else: passed on as it is. */
  | { readonly kind: 'unknown' }

const unknown: FrameMeaning = Object.freeze({ kind: 'unknown' })

/** Never throws. Views lie in the data of the frame. */
export function frameMeaning(frame: CyncFrame): FrameMeaning {
  switch (frame.direction) {
    case 'request':
      return requestMeaning(frame)
    case 'response':
      return responseMeaning(frame)
    case 'announce':
      return announceMeaning(frame)
    case 'unknown':
      return unknown
  }
}

function requestMeaning(frame: CyncFrame): FrameMeaning {
  const relay = decodeRelay(frame.data)
  const command = decodeCommand(frame, relay)
  if (command === undefined) return unknown
  if (relay === undefined) return { kind: 'command', command }
  return { kind: 'command', command, target: targetOf(relay.destination), relayId: relay.relayId }
}

function responseMeaning({ command, data }: CyncFrame): FrameMeaning {
  if (data.length === 1) return { kind: 'result', result: data[0]! }
  const page = command === MESH_QUERY ? decodeMeshPage(data) : undefined
  return page === undefined ? unknown : { kind: 'mesh-page', page }
}

/** Command and sequence of an announcement are those of the last request: what it is about shows in the data alone. */
function announceMeaning({ data }: CyncFrame): FrameMeaning {
  const firmware = decodeFirmware(data)
  if (firmware !== undefined) return { kind: 'firmware', firmware }
  const notice = decodeNotice(data)
  if (notice === undefined) return unknown
  const state = stateOf(notice)
  if (state !== undefined) return { kind: 'state', state, notice }
  return isActivity(notice) ? { kind: 'activity', notice } : unknown
}

/** Answer of a device to the request with this sequence. 0: done. */
export function resultFrame(sequence: number, command: number, result: number): CyncFrame {
  return cyncFrame('response', sequence, command, Uint8Array.of(result))
}

/** Throws `UsageError` (`invalid-packet`). */
export function meshPageFrame(sequence: number, page: MeshPage): CyncFrame {
  return cyncFrame('response', sequence, MESH_QUERY, encodeMeshPage(page))
}

/**
 * The announcement of a state, as a device sends it. Throws `UsageError` (`invalid-packet`).
 * @param serial u24, counted by the mesh
 * @param command that of the last request, if there was one
 */
export function stateFrame(sequence: number, state: StateNotice, serial: number, command: number = STATE): CyncFrame {
  return cyncFrame('announce', sequence, command, encodeState(state, serial))
}

/** With the lead byte 0 that all firmware has here. Throws `UsageError` (`invalid-packet`). */
export function firmwareFrame(firmware: FirmwareNotice): CyncFrame {
  return { ...cyncFrame('announce', 0, FIRMWARE_COMMAND, encodeFirmware(firmware)), leadByte: 0 }
}
