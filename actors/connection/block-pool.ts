/** Room for the messages of one write. Bytes. */
export const BLOCK_BYTES = 65_536
/** Blocks that a thread keeps for later: 4 MiB. */
const FREE_MAX = 64

/** Memory that messages are gathered in until they are written. */
export interface Block {
  readonly bytes: Buffer
  /** Bytes written so far. */
  used: number
  /** Segments of an outbox that lie in it. */
  users: number
}

const free: Block[] = []

export function takeBlock(): Block {
  return free.pop() ?? { bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), used: 0, users: 0 }
}

export function giveBlock(block: Block): void {
  block.used = 0
  if (free.length < FREE_MAX) free.push(block)
}
