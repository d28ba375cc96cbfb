import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { runNode } from './command.mjs'
import { inRoot } from './root.mjs'

/** An example that takes longer than this hangs. Milliseconds. */
const EXAMPLE_MS_MAX = 30_000

/** The numbered examples, in order: '01-counter', … */
export function exampleNames() {
  if (!existsSync(inRoot('examples'))) return []
  const numbered = readdirSync(inRoot('examples')).filter((file) => /^\d\d-[a-z0-9-]+\.ts$/.test(file))
  return numbered.sort().map((file) => file.replace(/\.ts$/, ''))
}

/** Runs a built example and compares what it prints with the `// prints:` lines that it begins with. Answers { code, text }. */
export async function runExample(name) {
  const wanted = promisedLines(readFileSync(inRoot('examples', `${name}.ts`), 'utf8'))
  if (wanted.length === 0) return { code: 1, text: `examples/${name}.ts does not begin with a line '// prints: …'` }
  const options = { output: 'collect', timeoutMs: EXAMPLE_MS_MAX }
  const { code, text, result } = await runNode([inRoot('dist', 'examples', `${name}.js`)], options)
  const printed = result.trimEnd().split('\n')
  if (code !== 0) return { code, text: `examples/${name}.ts ended with exit code ${code}:\n${text}` }
  if (printed.join('\n') === wanted.join('\n')) return { code: 0, text: '' }
  return {
    code: 1,
    text: `examples/${name}.ts promises\n${indented(wanted)}\nand prints\n${indented(printed)}\nin all:\n${text}`,
  }
}

/** One line of output for each `// prints:` comment before the first line of code. */
export function promisedLines(source) {
  const end = source.search(/^(?!\/\/|\s*$)/m)
  const head = end < 0 ? source : source.slice(0, end)
  return Array.from(head.matchAll(/^\/\/ prints: ?(.*)$/gm), (match) => match[1].trimEnd())
}

const indented = (lines) => lines.map((line) => `  ${line}`).join('\n')
