import { type FileHandle, open, readdir, readFile, rename, unlink } from 'node:fs/promises'

/** What an outbox does with files. A port, so that a full or failing disk can be tried. */
export interface OutboxDisk {
  open(path: string, flags: 'r+' | 'wx+'): Promise<FileHandle>
  /** Writes all of it, or rejects. */
  write(file: FileHandle, bytes: Uint8Array, position: number): Promise<void>
  /** The data of the file, and what is needed to read it, is on the disk. */
  sync(file: FileHandle): Promise<void>
  read(path: string): Promise<Buffer>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  names(directory: string): Promise<string[]>
  /** Names that were created, renamed or removed are on the disk. */
  syncDirectory(directory: string): Promise<void>
}

/** Node's own files. */
export const systemDisk: OutboxDisk = Object.freeze({
  open: (path: string, flags: string) => open(path, flags, 0o600),
  async write(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
    let done = 0
    while (done < bytes.length) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
      done += bytesWritten
    }
  },
  sync: (file: FileHandle) => file.datasync(),
  read: (path: string) => readFile(path),
  rename,
  remove: unlink,
  names: (directory: string) => readdir(directory),
  async syncDirectory(directory: string): Promise<void> {
    if (process.platform === 'win32') return // there a directory cannot be opened
    const handle = await open(directory, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
})
