import { ensureBuilt } from '../../scripts/lib/build.mjs'

/** Of the compiler's complaints. */
const LINES_SHOWN = 10

/** Tests run what the build made. A type error does not stop them: `npm run types` is where it counts. */
export default async function build(): Promise<void> {
  const complaint = await ensureBuilt()
  if (complaint === '') return
  const lines = complaint.split('\n')
  const rest = lines.length > LINES_SHOWN ? `\n… and ${lines.length - LINES_SHOWN} more lines: npm run types` : ''
  console.warn(`${lines.slice(0, LINES_SHOWN).join('\n')}${rest}\n(the tests run what the compiler made of it)`)
}
