import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Address } from './roles.ts'

/** Any free port of the loopback interface. */
export const anyPort: Address = Object.freeze({ host: '127.0.0.1', port: 0 })

/** A Unix socket in a folder of its own, which is removed when this process exits. */
export function unixAddress(): Address {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return { path: join(folder, 'socket') }
}
