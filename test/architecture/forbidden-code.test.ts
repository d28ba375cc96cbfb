import ts from 'typescript'
import { expect, test } from 'vitest'
import { place, type SourceFile, sourceFiles, visit } from '../support/source-files.ts'

/** Time and chance: what a run under a seed and a virtual clock must not meet. */
const AMBIENT_MEMBERS = new Set(['Date.now', 'Math.random', 'performance.now', 'process.hrtime', 'crypto.randomUUID'])
const AMBIENT_CALLS = new Set(['setTimeout', 'setInterval', 'Date'])

test('kernel, memory and wire take time and chance from base/clock.ts and base/random.ts only', () => {
  const files = ['src/kernel', 'src/memory', 'src/wire'].flatMap(sourceFiles)
  expect(findings(files, isAmbient)).toEqual([])
})

test('nothing in src/ but base/random.ts draws random numbers, and none but base/clock.ts reads the wall clock', () => {
  const files = sourceFiles('src').filter(({ path }) => !/^src\/base\/(clock|random)\.ts$/.test(path))
  expect(findings(files, (node) => ['Math.random', 'Date.now'].includes(memberName(node)))).toEqual([])
})

test('no code is made from text', () => {
  const files = ['src', 'actors'].flatMap(sourceFiles)
  expect(findings(files, makesCode)).toEqual([])
})

test('nothing waits for the garbage collector: no finalizers, no weak references', () => {
  const files = ['src', 'actors'].flatMap(sourceFiles)
  const isWeak = (node: ts.Node): boolean => ts.isIdentifier(node) && /^(FinalizationRegistry|WeakRef)$/.test(node.text)
  expect(findings(files, isWeak)).toEqual([])
})

test('no test is left out or left alone, except what a contract suite names as a promise that its adapter cannot keep', () => {
  const isLeft = (node: ts.Node): boolean => /^(test|it|describe)\.(only|todo|skip)$/.test(memberName(node))
  const files = sourceFiles('test').filter(({ path }) => !path.endsWith('.contract.ts'))
  expect(findings(files, isLeft)).toEqual([])
})

test('no file is called after nothing in particular', () => {
  const vague = /(^|\/)((utils?|common|helpers?|core|lib|misc)(\/|\.ts$)|types\.ts$)/
  const files = ['src', 'actors', 'test', 'bench', 'examples'].flatMap(sourceFiles)
  expect(files.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([])
})

test('no file has more than 500 lines', () => {
  const files = ['src', 'actors'].flatMap(sourceFiles)
  const long = files.filter(({ syntax }) => syntax.getLineStarts().length > 500)
  expect(long.map(({ path }) => path)).toEqual([])
})

function findings(files: readonly SourceFile[], isFound: (node: ts.Node) => boolean): string[] {
  return files.flatMap((file) => {
    const found: string[] = []
    visit(file.syntax, (node) => {
      if (isFound(node)) found.push(`${place(file, node)} ${node.getText().slice(0, 60)}`)
    })
    return found
  })
}

function isAmbient(node: ts.Node): boolean {
  if (AMBIENT_MEMBERS.has(memberName(node))) return true
  if (ts.isNewExpression(node)) return node.expression.getText() === 'Date' && (node.arguments ?? []).length === 0
  return ts.isCallExpression(node) && AMBIENT_CALLS.has(node.expression.getText())
}

function makesCode(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return false
  return ['eval', 'Function', 'vm.Script', 'globalThis.eval'].includes(node.expression.getText())
}

/** `a.b` for a property access `a.b`, '' for anything else. */
function memberName(node: ts.Node): string {
  return ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression) ? node.getText() : ''
}
