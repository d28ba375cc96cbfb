import type { EndpointFields } from './endpoint-fields.ts'

/** `sun_path` of the operating system without the zero at its end. Longer ones would be cut without a word. Bytes. */
const PATH_BYTES_MAX_LINUX = 107
const PATH_BYTES_MAX_ELSEWHERE = 103

/** The longest path of a Unix socket on this platform. Bytes of UTF-8. */
export function socketPathBytesMax(platform: NodeJS.Platform = process.platform): number {
  return platform === 'linux' || platform === 'android' ? PATH_BYTES_MAX_LINUX : PATH_BYTES_MAX_ELSEWHERE
}

/** What `node:net` takes for the path of a Unix endpoint: an abstract name, `@name`, begins with NUL there. */
export function socketPath(path: string): string {
  return path.startsWith('@') ? `\0${path.slice(1)}` : path
}

/** Throws unless a Unix socket can have this path on `platform`. */
export function checkSocketPath(fields: EndpointFields, path: string, platform: NodeJS.Platform): void {
  if (path.startsWith('@') && platform !== 'linux' && platform !== 'android') {
    throw fields.refusal('path', `absolute: ${platform} has no abstract names`, path)
  }
  const namesSomething = path.startsWith('@') ? path.length > 1 : path.startsWith('/') && !path.endsWith('/')
  if (!namesSomething) throw fields.refusal('path', "absolute and a file, or '@' and a name on Linux", path)
  const bytes = Buffer.byteLength(path)
  const limit = socketPathBytesMax(platform)
  if (bytes > limit) throw fields.refusal('path', `at most ${limit} bytes on ${platform}`, `${bytes} bytes: ${path}`)
}
