/** Waits for a condition that other threads or processes bring about; fails with `what` when it does not come. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string, patienceMs = 20_000): Promise<void> {
  const untilMs = performance.now() + patienceMs
  while (!(await isSo())) {
    if (performance.now() > untilMs) throw new Error(`waited ${patienceMs} ms for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
