import { UsageError } from 'troupe'
import type { CyncTarget } from './command.ts'
import { checkField } from './frame-codec.ts'

/**   What a command that is passed on in the mesh begins with:
 *    byte    field        meaning
 *    0       relay id     u24, little-endian: the inner sequence, or one more
 *    3       reserved     0
 *    5       destination  u16, little-endian
 *    7       opcode
 *    8       vendor       11 02
 *    10      parameters   */
export const RELAY_HEADER_BYTES = 10
export const VENDOR_LOW = 0x11
export const VENDOR_HIGH = 0x02
const DESTINATION_OFFSET = 5
const OPCODE_OFFSET = 7

const GROUP_BIT = 0x8000
const GROUP_MAX = 0x7ffe
const BROADCAST = 0xffff
const SUB_ELEMENT_MAX = 0x7f

/** Throws `UsageError` (`invalid-packet`) naming field, value and limit. */
export function destinationOf(target: CyncTarget): number {
  switch (target.kind) {
    case 'device': {
      const { meshAddress, subElement = 0 } = target
      checkField('meshAddress', meshAddress, 0xff, 1)
      checkField('subElement', subElement, SUB_ELEMENT_MAX)
      return (subElement << 8) | meshAddress
    }
    case 'group':
      checkField('group', target.group, GROUP_MAX)
      return GROUP_BIT | target.group
    case 'broadcast':
      return BROADCAST
    default: {
      const { kind } = target as { readonly kind: unknown }
      throw new UsageError(
        'invalid-packet',
        `Cync: target.kind must be device, group or broadcast, got '${String(kind)}'`,
      )
    }
  }
}

export function targetOf(destination: number): CyncTarget {
  if (destination === BROADCAST) return { kind: 'broadcast' }
  if (destination >= GROUP_BIT) return { kind: 'group', group: destination & ~GROUP_BIT }
  const subElement = destination >> 8
  const meshAddress = destination & 0xff
  return subElement === 0 ? { kind: 'device', meshAddress } : { kind: 'device', meshAddress, subElement }
}

/** What a relayed command says, before it is known what it means. */
export interface Relay {
  readonly relayId: number
  readonly destination: number
  readonly opcode: number
  readonly parameters: Uint8Array
}

/** Undefined for data that do not begin as those of a relayed command do. */
export function decodeRelay(data: Uint8Array): Relay | undefined {
  if (data.length < RELAY_HEADER_BYTES || data[8] !== VENDOR_LOW || data[9] !== VENDOR_HIGH) return undefined
  return {
    relayId: data[0]! | (data[1]! << 8) | (data[2]! << 16),
    destination: data[DESTINATION_OFFSET]! | (data[DESTINATION_OFFSET + 1]! << 8),
    opcode: data[OPCODE_OFFSET]!,
    parameters: data.subarray(RELAY_HEADER_BYTES),
  }
}

export function encodeRelay({ relayId, destination, opcode, parameters }: Relay): Uint8Array {
  checkField('relayId', relayId, 0xff_ffff)
  checkField('opcode', opcode, 0xff)
  const data = new Uint8Array(RELAY_HEADER_BYTES + parameters.length)
  data.set([relayId, relayId >> 8, relayId >> 16, 0, 0, destination, destination >> 8, opcode, VENDOR_LOW, VENDOR_HIGH])
  data.set(parameters, RELAY_HEADER_BYTES)
  return data
}
