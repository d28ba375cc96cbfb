import { decodeNotice, stateOf } from '../cync/announcement.ts'
import { MESH_QUERY } from '../cync/command-codec.ts'
import type { CyncFrame } from '../cync/frame.ts'
import { decodeMeshPage } from '../cync/mesh-page.ts'
import type { DeviceReport } from './device-report.ts'

/** A result, and no list. */
const RESULT_BYTES = 1

/**
 * Calls back with every state that a frame tells. Answers the mesh address of the controller itself, where the frame says that, or `malformed` for a list whose
 * counts do not fit it.
 */
export function eachReport(
  frame: CyncFrame,
  onReport: (report: DeviceReport) => void,
): number | 'malformed' | undefined {
  const { direction, command, data } = frame
  if (direction === 'announce') announced(frame, onReport)
  else if (direction === 'response' && command === MESH_QUERY && data.length !== RESULT_BYTES) {
    return listed(frame, onReport)
  }
  return undefined
}

function announced({ data }: CyncFrame, onReport: (report: DeviceReport) => void): void {
  const notice = decodeNotice(data)
  const state = notice === undefined ? undefined : stateOf(notice)
  // What one outlet does is not the state of the plug; its next list says that.
  if (state === undefined || state.subElement !== 0) return
  const { meshAddress: address, isOnline, isOn, brightness, colorMode, rgb } = state
  onReport({ address, isOnline, isOn, brightness, colorMode, rgb, source: 'announce' })
}

function listed({ data }: CyncFrame, onReport: (report: DeviceReport) => void): number | 'malformed' | undefined {
  const page = decodeMeshPage(data)
  if (page === undefined) return 'malformed'
  for (const { meshAddress: address, isOnline, isOn, brightness, colorMode, rgb } of page.records) {
    onReport({ address, isOnline, isOn, brightness, colorMode, rgb, source: 'page' })
  }
  // The first of all is the controller that answers.
  return page.offset === 0 ? page.records[0]?.meshAddress : undefined
}
