import type { LampState } from './lamp.ts'
import type { Mesh } from './mesh.ts'

const PAGE_HEAD_BYTES = 6
const PAGE_RECORD_BYTES = 24

/** Addresses of a home in the order in which a controller reports them: itself first. */
export function reportOrder(mesh: Mesh, reporter: number): number[] {
  const others = Array.from({ length: mesh.lampCount }, (_, index) => index + 1)
  return [reporter, ...others.filter((address) => address !== reporter)]
}

/** Data of one page of mesh states. */
export function meshPageData(
  mesh: Mesh,
  order: readonly number[],
  offset: number,
  recordsMax: number,
  typeCode: number,
): Uint8Array {
  const page = order.slice(offset, offset + recordsMax)
  const data = Buffer.alloc(PAGE_HEAD_BYTES + page.length * PAGE_RECORD_BYTES)
  data.writeUInt16LE(page.length, 0)
  data.writeUInt16LE(offset, 2)
  data.writeUInt16LE(order.length, 4)
  page.forEach((address, index) => {
    const isSelf = offset + index === 0
    writePageRecord(
      data,
      PAGE_HEAD_BYTES + index * PAGE_RECORD_BYTES,
      address,
      mesh.state(address),
      isSelf ? typeCode : 0,
    )
  })
  return data
}

function writePageRecord(data: Buffer, at: number, address: number, state: LampState, typeCode: number): void {
  data[at] = address
  data[at + 2] = typeCode
  data[at + 3] = 1
  data[at + 6] = typeCode
  data[at + 7] = 1
  data[at + 8] = state.isOn ? 1 : 0
  data[at + 12] = state.brightness
  data[at + 16] = state.colorMode
  data.set(state.rgb, at + 20)
}
