const SEED_MAX = 2 ** 32 - 1

/**
 * What a random test begins with: TROUPE_SEED of the environment, else another number each time. Says which, so that a failure can be repeated.
 * @param what is drawn from it
 */
export function testSeed(what: string): number {
  const text = process.env['TROUPE_SEED']
  const seed = text === undefined || text === '' ? Math.floor(Math.random() * (SEED_MAX + 1)) : Number(text)
  if (!(Number.isInteger(seed) && seed >= 0 && seed <= SEED_MAX)) {
    throw new Error(`TROUPE_SEED must be a whole number from 0 to ${SEED_MAX}, got '${text}'`)
  }
  console.log(`${what}: TROUPE_SEED=${seed} does the same again`)
  return seed
}

/** So many seeds in a row: the first of those that `testSeed` answers, which alone is the one to repeat where one of them has failed. */
export function testSeeds(what: string, count: number): number[] {
  const first = testSeed(what)
  return Array.from({ length: count }, (_, n) => (first + n) % (SEED_MAX + 1))
}
