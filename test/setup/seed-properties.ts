// fast-check says which seed has failed; given as TROUPE_SEED, all properties begin with it. Loaded only then: most test files have none.
const seed = process.env['TROUPE_SEED']
if (seed !== undefined && seed !== '') {
  const { configureGlobal } = await import('fast-check')
  configureGlobal({ seed: Number(seed) | 0 })
}
