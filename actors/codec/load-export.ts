import { UsageError } from 'troupe'

/**
 * What a module exports under a name: how a plain value means code, on any thread. Rejects with `UsageError` `module-not-loaded`.
 * @param owner who wants it, for the message
 */
export async function loadExport(owner: string, module: string, exportName: string): Promise<unknown> {
  try {
    const exports = (await import(new URL(module).href)) as Readonly<Record<string, unknown>>
    return exports[exportName]
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError('module-not-loaded', `${owner}: cannot import '${module}': ${why}`, { cause })
  }
}

/** A value in the message of an error. */
export function described(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : value === null ? 'null' : typeof value
}
