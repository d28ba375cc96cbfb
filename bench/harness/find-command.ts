import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where distributions put servers, which is not in everybody's path. */
const serverFolders = ['/usr/local/sbin', '/usr/sbin']

/** The file that a command of this name would start; undefined if there is none. */
export function findCommand(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), ...serverFolders]
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
