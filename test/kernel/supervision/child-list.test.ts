import { describe, expect, it } from 'vitest'
import { SeededRandom } from '#src/base/random'
import { ChildList } from '#src/kernel/supervision/child-list'
import { TestChild } from './family.ts'

function listOf(...names: string[]): ChildList<TestChild> {
  const list = new ChildList<TestChild>()
  for (const name of names) list.add(new TestChild(name))
  return list
}

const namesOf = (list: ChildList<TestChild>) => [...list].map((child) => child.name)

describe('ChildList', () => {
  it('keeps the order of joining', () => {
    expect(namesOf(listOf('b', 'a', 'c'))).toEqual(['b', 'a', 'c'])
  })

  for (const [gone, left] of [
    ['a', ['b', 'c']],
    ['b', ['a', 'c']],
    ['c', ['a', 'b']],
  ] as const) {
    it(`lets ${gone} of a, b, c go`, () => {
      const list = listOf('a', 'b', 'c')
      list.remove(list.find(gone)!)
      expect(namesOf(list)).toEqual(left)
      expect([list.first?.name, list.last?.name, list.count]).toEqual([left[0], left[1], 2])
      expect(list.find(gone)).toBeUndefined()
    })
  }

  it('refuses a name that is taken, and takes it when it is free again', () => {
    const list = listOf('a', 'b')
    expect(() => list.add(new TestChild('a'))).toThrow(expect.objectContaining({ code: 'name-taken' }))
    expect(list.count).toBe(2)
    list.remove(list.find('a')!)
    list.add(new TestChild('a'))
    expect(namesOf(list)).toEqual(['b', 'a'])
  })

  it('may lose the child just yielded while somebody walks it', () => {
    const list = listOf('a', 'b', 'c')
    for (const child of list) list.remove(child)
    expect([list.first, list.last, list.count]).toEqual([null, null, 0])
  })

  it('holds no child that has left', () => {
    const list = listOf('a', 'b')
    const a = list.find('a')!
    list.remove(a)
    expect([a.previous, a.next]).toEqual([null, null])
  })

  it('lets 100,000 children come and go in any order', () => {
    const list = new ChildList<TestChild>()
    const random = new SeededRandom(1)
    const children = Array.from({ length: 100_000 }, () => new TestChild())
    for (const child of children) list.add(child)
    for (let index = children.length - 1; index > 0; index--) {
      const other = random.below(index + 1)
      ;[children[index], children[other]] = [children[other]!, children[index]!]
    }
    const startedMs = performance.now()
    for (const child of children) list.remove(child)
    expect(list.count).toBe(0)
    expect(performance.now() - startedMs).toBeLessThan(1_000) // a search in each removal takes minutes
  })
})
