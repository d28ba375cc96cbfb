import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { importsOf, parse, readText, resolveRelative, type SourceFile, sourceFiles } from '../support/source-files.ts'

const layers = readLayers(readText('src/README.md'))

describe('the table of src/README.md', () => {
  test('names every folder and file of src/', () => {
    const entries = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.name !== 'README.md')
    const real = entries.filter((entry) => entry.isFile() || sourceFiles(`src/${entry.name}`).length > 0)
    expect(real.map((entry) => entry.name).filter((name) => !layers.has(name))).toEqual([])
  })

  test('only points downwards', () => {
    const above: string[] = []
    for (const [layer, allowed] of layers) {
      const known = [...layers.keys()].slice(0, [...layers.keys()].indexOf(layer))
      above.push(...allowed.filter((other) => !known.includes(other)).map((other) => `${layer} -> ${other}`))
    }
    expect(above).toEqual([])
  })
})

describe('src/', () => {
  test('imports what the table allows', () => {
    expect(sourceFiles('src').flatMap(forbiddenImports)).toEqual([])
  })

  test('never imports itself through the public door or the subpaths that are for tests', () => {
    const self = /^(troupe($|\/)|#)/
    expect(offenders(sourceFiles('src'), (specifier) => self.test(specifier))).toEqual([])
  })
})

describe('outside of src/', () => {
  test.each(['actors', 'examples', 'bench'])('%s/ sees the library only through its public door', (folder) => {
    const isForbidden = (specifier: string, file: SourceFile): boolean => {
      const target = resolveRelative(file.path, specifier)
      if (target !== undefined) return !target.startsWith(`${folder}/`)
      return specifier.startsWith('#') || /^troupe\/(?!actors$|testing$)/.test(specifier)
    }
    expect(offenders(sourceFiles(folder), isForbidden)).toEqual([])
  })

  test('tests load what the build made, so that there is one copy of each module', () => {
    const isForbidden = (specifier: string, file: SourceFile): boolean => {
      const target = resolveRelative(file.path, specifier)
      return target !== undefined && /^(src|actors|bench|examples|dist)\//.test(target)
    }
    expect(offenders(sourceFiles('test'), isForbidden)).toEqual([])
  })

  test('tests reach a fixture through #fixtures/, since a worker thread loads the compiled one', () => {
    const tests = sourceFiles('test').filter((file) => !file.path.startsWith('test/fixtures/'))
    const isFixture = (specifier: string, file: SourceFile): boolean =>
      resolveRelative(file.path, specifier)?.startsWith('test/fixtures/') === true
    expect(offenders(tests, isFixture)).toEqual([])
  })
})

test('every kind of import is seen', () => {
  const text = `import a from './1.ts'; import type { B } from './2.ts'; import './3.ts'; export { c } from './4.ts'
    export * from './5.ts'; const d = () => import('./6.ts'); type E = import('./7.ts').E; export type { F } from './8.ts'`
  expect(importsOf(parse('x.ts', text))).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `./${n}.ts`))
})

/** Rows `| \`folder\` | \`a\` \`b\` | … |`, in order. */
function readLayers(markdown: string): Map<string, readonly string[]> {
  const rows = markdown.matchAll(/^\| `([\w.]+)` \|([^|]*)\|/gm)
  return new Map(
    Array.from(rows, ([, name, allowed]) => [name!, Array.from(allowed!.matchAll(/`([\w.]+)`/g), (m) => m[1]!)]),
  )
}

function forbiddenImports(file: SourceFile): string[] {
  const own = layerOf(file.path)
  const allowed = layers.get(own) ?? []
  return offenders([file], (specifier) => {
    const target = resolveRelative(file.path, specifier)
    if (target === undefined) return false
    if (!target.startsWith('src/')) return true
    const layer = layerOf(target)
    return layer !== own && !allowed.includes(layer)
  })
}

/** `src/kernel/supervision/x.ts` is in `kernel`, `src/index.ts` in `index.ts`. */
function layerOf(path: string): string {
  return path.split('/')[1]!
}

/** `file -> specifier` for every import that is forbidden. */
function offenders(
  files: readonly SourceFile[],
  isForbidden: (specifier: string, file: SourceFile) => boolean,
): string[] {
  return files.flatMap((file) =>
    importsOf(file.syntax)
      .filter((specifier) => isForbidden(specifier, file))
      .map((specifier) => `${file.path} -> ${specifier}`),
  )
}
