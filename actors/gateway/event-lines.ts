const LINES_MAX = 50

/** The last things that happened, each with its time since the start. Repetitions within a moment become one line with a count. */
export class EventLines {
  readonly #lines: { text: string; atMs: number; count: number }[] = []

  add(text: string, elapsedMs: number): void {
    const last = this.#lines.at(-1)
    if (last?.text === text && elapsedMs - last.atMs < 1_000) {
      last.count++
      return
    }
    this.#lines.push({ text, atMs: elapsedMs, count: 1 })
    if (this.#lines.length > LINES_MAX) this.#lines.shift()
  }

  /** Oldest first, at most 50. */
  lines(): string[] {
    return this.#lines.map(({ text, atMs, count }) => {
      const time = `${(atMs / 1_000).toFixed(1).padStart(6)} s`
      return `${time}  ${text}${count === 1 ? '' : ` (${count} times)`}`
    })
  }
}
