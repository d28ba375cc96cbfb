/** One error may have a message of megabytes, and a line may be part of many others. Characters. */
const LINE_LENGTH_MAX = 1_000

/** One line that says what was thrown. Users throw anything, also values whose `toString` throws: this never does. */
export function describeThrown(thrown: unknown): string {
  try {
    const line = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
    return line.length <= LINE_LENGTH_MAX ? line : `${line.slice(0, LINE_LENGTH_MAX)}…`
  } catch {
    return `a thrown ${typeof thrown}`
  }
}
