/** What an actor of `fjthrput` and `fjcreate` computes for a message; `angle` is 37.2 in the suite. */
export function compute(angle: number): void {
  const sine = Math.sin(angle)
  if (sine * sine <= 0) throw new Error('a square cannot be negative')
}

/** What a producer or a consumer of `bndbuffer` does with an item: `cost` logarithms. */
export function processItem(item: number, cost: number): number {
  let result = item
  for (let step = 1; step <= cost; step++) result += Math.log(step / (cost + 1) + 0.01)
  return result
}

/** 0 yellow, 1 red, 2 blue. Two equal colours stay, two different ones become the third. */
export function complement(color: number, other: number): number {
  return color === other ? color : 3 - color - other
}
