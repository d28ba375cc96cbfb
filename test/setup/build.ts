import { ensureBuilt } from '../../scripts/lib/build.mjs'

/** Tests run what the build made. A type error does not stop them: `npm run types` is where it counts. */
export default async function build(): Promise<void> {
  const complaint = await ensureBuilt()
  if (complaint !== '') console.warn(`${complaint}\n(the tests run what the compiler made of it)`)
}
