interface ComputeJob {
  readonly module: string
  readonly exportName: string
  readonly args: readonly unknown[]
}

/** What a thread of the CPU pool runs: one export of a user's module. */
export default async function computeJob({ module, exportName, args }: ComputeJob): Promise<unknown> {
  const exports = (await import(module)) as Record<string, unknown>
  const job = exports[exportName]
  if (typeof job !== 'function') throw new TypeError(`${module} exports no function '${exportName}'`)
  return job(...args)
}
