/** How many packets of each type: from the type as `packetTypeName` writes it (`0x23`) to a count > 0. */
export type PacketCounts = Readonly<Record<string, number>>

/** Type by type, whichever is more. */
export function largerCounts(a: PacketCounts, b: PacketCounts): PacketCounts {
  return combine(a, b, Math.max)
}

export function addCounts(a: PacketCounts, b: PacketCounts): PacketCounts {
  return combine(a, b, (countA, countB) => countA + countB)
}

export function equalCounts(a: PacketCounts, b: PacketCounts): boolean {
  return (
    Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([type, count]) => b[type] === count)
  )
}

export function totalCount(counts: PacketCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

function combine(a: PacketCounts, b: PacketCounts, join: (countA: number, countB: number) => number): PacketCounts {
  const types = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
  return Object.fromEntries(types.map((type) => [type, join(a[type] ?? 0, b[type] ?? 0)]))
}
