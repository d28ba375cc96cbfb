export interface ComputeJob {
  readonly module: string
  readonly exportName: string
  readonly args: readonly unknown[]
}

/** What came of a job. Structured clone keeps an error's name, message, cause and stack; `own` is the rest of it. */
export type ComputeOutcome =
  | { readonly value: unknown }
  | { readonly thrown: unknown; readonly own: Readonly<Record<string, string | number | boolean>> }

/** What a thread of the CPU pool runs: one export of a user's module. */
export default async function computeJob({ module, exportName, args }: ComputeJob): Promise<ComputeOutcome> {
  try {
    const exports = (await import(module)) as Record<string, unknown>
    const job = exports[exportName]
    if (typeof job !== 'function') throw new TypeError(`${module} exports no function '${exportName}'`)
    return { value: await job(...args) }
  } catch (thrown) {
    return { thrown, own: plainProperties(thrown) }
  }
}

function plainProperties(thrown: unknown): Record<string, string | number | boolean> {
  const own: Record<string, string | number | boolean> = {}
  if (!(thrown instanceof Error)) return own
  for (const [name, value] of Object.entries(thrown)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') own[name] = value
  }
  return own
}
