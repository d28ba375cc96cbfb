/** Tells when so many clients are there. */
export class JoinCount {
  #count = 0
  #wanted = Number.POSITIVE_INFINITY
  #reach: () => void = () => {}

  /** @param count of all that are there now */
  add(count: number): void {
    this.#count = count
    if (count >= this.#wanted) this.#reach()
  }

  readonly reached = (count: number): Promise<void> =>
    new Promise((resolve) => {
      this.#wanted = count
      this.#reach = resolve
      this.add(this.#count)
    })
}
