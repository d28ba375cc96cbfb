import { ProtocolError } from '../base/errors.ts'

/** Bytes of their own: one byte per kind in the BINARY encoding. The order is the wire format: append only. */
interface BinaryKind {
  readonly name: string
  readonly elementBytes: number
  make(memory: ArrayBuffer): ArrayBuffer | ArrayBufferView
}

type ViewConstructor = { readonly BYTES_PER_ELEMENT: number; readonly name: string } & (new (
  memory: ArrayBuffer,
) => ArrayBufferView)

const viewKind = (View: ViewConstructor): BinaryKind => ({
  name: View.name,
  elementBytes: View.BYTES_PER_ELEMENT,
  make: (memory) => new View(memory),
})

// Node 24 brought it; where it is missing its byte stays reserved.
const Float16: ViewConstructor | undefined = Reflect.get(globalThis, 'Float16Array')

const kinds: readonly (BinaryKind | undefined)[] = [
  { name: 'ArrayBuffer', elementBytes: 1, make: (memory) => memory },
  { name: 'Buffer', elementBytes: 1, make: (memory) => Buffer.from(memory) },
  { name: 'DataView', elementBytes: 1, make: (memory) => new DataView(memory) },
  viewKind(Uint8Array),
  viewKind(Uint8ClampedArray),
  viewKind(Int8Array),
  viewKind(Uint16Array),
  viewKind(Int16Array),
  viewKind(Uint32Array),
  viewKind(Int32Array),
  viewKind(Float32Array),
  viewKind(Float64Array),
  viewKind(BigUint64Array),
  viewKind(BigInt64Array),
  Float16 === undefined ? undefined : viewKind(Float16),
]

const indexByName = new Map(kinds.flatMap((kind, index) => (kind === undefined ? [] : [[kind.name, index] as const])))

/** The kind byte of a native class (`Uint8Array`, `Buffer`, …), or -1. */
export function binaryKindOf(className: string): number {
  return indexByName.get(className) ?? -1
}

/** A value of that kind over `memory`, all of it. */
export function makeBinary(kind: number, memory: ArrayBuffer): ArrayBuffer | ArrayBufferView {
  const known = kinds[kind]
  if (known === undefined) throw new ProtocolError('bad-encoding', `no binary kind ${kind}`)
  if (memory.byteLength % known.elementBytes !== 0) {
    throw new ProtocolError('bad-encoding', `${memory.byteLength} bytes do not make a ${known.name}`)
  }
  return known.make(memory)
}
