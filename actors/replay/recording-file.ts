import { existsSync, readFileSync } from 'node:fs'
import { UsageError } from 'troupe'
import { parseRecordings, type Recording } from './recording.ts'

const FILE = 'recordings/cync-home-a.ndjson'

// The compiler copies no data files: built code finds the one in the package's sources, which are shipped for that.
const candidates = [new URL(`./${FILE}`, import.meta.url), new URL(`../../../actors/replay/${FILE}`, import.meta.url)]

let loaded: readonly Recording[] | undefined

/** The recordings that come with Troupe, never empty. Read once a thread, at the first call. */
export function loadRecordings(): readonly Recording[] {
  loaded ??= parseRecordings(readFileSync(recordingFile(), 'utf8'))
  return loaded
}

function recordingFile(): URL {
  const found = candidates.find((candidate) => existsSync(candidate))
  if (found !== undefined) return found
  throw new UsageError(
    'recording-missing',
    `no recording at ${candidates.map((candidate) => candidate.pathname).join(' or ')}`,
  )
}
